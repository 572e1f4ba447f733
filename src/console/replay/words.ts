import type { Words } from '../language.ts'
import type { Span } from './asked.ts'

interface ReplayWords {
  readonly title: string
  /** What links to it say. */
  readonly link: string
  readonly toSink: string
  readonly missed: string
  readonly what: string
  readonly form: string
  readonly since: string
  readonly until: string
  readonly onlySink: string
  readonly anySink: string
  readonly onlyRoute: string
  readonly anyRoute: string
  readonly resend: string
  readonly resendMeans: string
  readonly count: string
  readonly orLast: string
  readonly spans: Readonly<Record<Span, string>>
  /** By the field that is wrong. */
  readonly wrong: Readonly<Record<string, string>>
  readonly counted: string
  readonly accepted: string
  readonly countedTo: string
  readonly atLeast: string
  readonly events: string
  readonly cleared: string
  readonly clearedFor: string
  readonly owed: string
  readonly bySink: string
  readonly sink: string
  readonly state: string
  readonly nothing: string
  readonly nothingMissing: string
  readonly means: string
  readonly meansResend: string
  readonly submit: string
  readonly cancel: string
  readonly done: (owed: string, events: string, cleared: string) => string
  readonly cameTo: string
  readonly goOn: string
  readonly changed: string
  readonly audit: string
}

export const words: Words<ReplayWords> = {
  en: {
    title: 'Replay events',
    link: 'Replay stored events…',
    toSink: 'Replay events to it…',
    missed: 'Replay what it has missed since…',
    what: 'Once a route is mended: stored events go through the routes as they are now, oldest first. A sink is owed only what it has neither pending nor delivered; a dead letter is owed again, and a quarantined event is checked anew.',
    form: 'Which events',
    since: 'Accepted since',
    until: 'Accepted before',
    onlySink: 'Only to the sink',
    anySink: 'any',
    onlyRoute: 'Only by the route',
    anyRoute: 'any',
    resend: 'Resend what was delivered, too',
    resendMeans:
      'For a receiver that has lost what it got: a new delivery with the same event id, which a receiver that remembers ids passes over.',
    count: 'Count first',
    orLast: 'Without an end it is up to now. Or count those of the last',
    spans: { hour: 'hour', day: 'day', week: 'week' },
    wrong: {
      since: 'Say from when on.',
      until: 'The end must be a time later than the start.',
      route: 'That is not the name of a route that is enabled.',
      sink: 'That is not the name of a sink in routes.yaml.',
    },
    counted: 'What would come of it',
    accepted: 'Of the events accepted:',
    countedTo: 'There was time to count only those accepted until',
    atLeast: 'There may be more of everything, and all of it is replayed.',
    events: 'Events in order',
    cleared: 'Of these, quarantined until now',
    clearedFor:
      'What was quarantined is accepted by this, and owed only to what is chosen: replay it for the others, too.',
    owed: 'Deliveries owed',
    bySink: 'Deliveries by sink',
    sink: 'Sink',
    state: 'State',
    nothing: 'There is nothing to replay: by the routes as they are now, nothing of it goes there.',
    nothingMissing:
      'There is nothing to replay: whatever the routes lead to has it already, pending or delivered.',
    means: 'They are sent at once, except to sinks that are paused or whose breaker is open.',
    meansResend:
      'They are sent at once, except to sinks that are paused or whose breaker is open. What was delivered is sent once more.',
    submit: 'Replay them',
    cancel: 'Cancel',
    done: (owed, events, cleared) =>
      `Replayed. Events: ${events}, of them quarantined until now: ${cleared}. Deliveries owed: ${owed}.`,
    cameTo: 'It came as far as',
    goOn: 'One request has no time for more: below is what is left, replay it to go on.',
    changed:
      'Nothing was done: it had not been counted, or something was replayed since then. This is the count of now.',
    audit: 'Who did what',
  },
  zh: {
    title: '重放事件',
    link: '重放已存储的事件…',
    toSink: '向它重放事件…',
    missed: '重放自此以来漏投的事件…',
    what: '修正路由后使用：已存储的事件按当前路由重新处理，最早的在前。只补投接收方既不在待投递、也未投递过的事件；死信会重新投递，已隔离的事件会重新校验。',
    form: '哪些事件',
    since: '接收时间起',
    until: '接收时间止',
    onlySink: '仅限接收方',
    anySink: '不限',
    onlyRoute: '仅限路由',
    anyRoute: '不限',
    resend: '已投递的也重新投递',
    resendMeans:
      '用于接收方丢失了数据的情况：以相同的事件 ID 新建一次投递；按 ID 去重的接收方会忽略它。',
    count: '先统计',
    orLast: '截止时间留空即到现在。也可直接统计最近',
    spans: { hour: '1 小时', day: '1 天', week: '7 天' },
    wrong: {
      since: '请填写起始时间。',
      until: '截止时间必须晚于起始时间。',
      route: '没有这个名称的已启用路由。',
      sink: 'routes.yaml 中没有这个名称的接收方。',
    },
    counted: '预计结果',
    accepted: '接收时间范围：',
    countedTo: '时间有限，仅统计了截至此时接收的事件：',
    atLeast: '实际数量可能更多，重放时会全部处理。',
    events: '合格事件',
    cleared: '其中解除隔离',
    clearedFor: '已隔离的事件会因此被接收，但只投递到所选范围；其他接收方请另行重放。',
    owed: '新增投递',
    bySink: '各接收方新增投递',
    sink: '接收方',
    state: '状态',
    nothing: '无可重放：按当前路由，没有需要投递的事件。',
    nothingMissing: '无可重放：当前路由指向的接收方都已在待投递或已投递。',
    means: '会立即投递；已暂停或已熔断的接收方除外。',
    meansResend: '会立即投递；已暂停或已熔断的接收方除外。已投递过的也会再投递一次。',
    submit: '开始重放',
    cancel: '取消',
    done: (owed, events, cleared) =>
      `已重放 ${events} 个事件（其中 ${cleared} 个解除隔离），新增投递 ${owed} 条。`,
    cameTo: '已处理到',
    goOn: '一次请求处理不完：下方为剩余部分，请再次重放以继续。',
    changed: '没有执行：尚未统计，或其间已有人重放过。以下为最新统计。',
    audit: '操作记录',
  },
}
