import type { Words } from '../language.ts'

interface SinkWords {
  readonly pause: string
  readonly pauseMeans: string
  readonly resume: string
  readonly resumeMeans: string
  readonly pausedByFile: string
  readonly discard: string
  readonly gone: string
  readonly notReady: string
  readonly paused: string
  readonly resumed: string
  readonly stillPaused: string
  readonly discarded: (count: string) => string
  readonly goOn: string
  readonly type: string
  readonly state: string
  readonly backlog: string
  readonly inFlight: string
  readonly oldest: string
  readonly dead: string
  readonly success: string
  readonly rate: string
  readonly noRate: string
  readonly order: string
  readonly noOrder: string
  readonly lastHour: string
  readonly perMinute: string
  readonly latencies: string
  readonly backlogOf: string
  readonly now: (latest: string, most: string) => string
  readonly inAll: (delivered: string, failed: string) => string
  readonly routes: string
  readonly noRoutes: string
  readonly disabled: string
  readonly waiting: string
  readonly noneWaiting: string
  readonly event: string
  readonly orderKey: string
  readonly owedSince: string
  readonly attempts: string
  readonly next: string
  readonly isInFlight: string
  readonly due: string
  readonly whenResumed: string
  readonly whenClosed: string
  readonly options: string
  readonly optionsNote: string
  readonly noOptions: string
  readonly inForce: string
  readonly timeout: string
  readonly concurrency: string
  readonly retries: string
  readonly schedule: (attempts: string, waits: string) => string
  readonly once: string
  readonly breaker: string
  readonly breakerIs: (failures: string, cooldown: string) => string
  readonly confirm: {
    readonly title: (sink: string) => string
    readonly what: (count: string) => string
    readonly inFlight: (count: string) => string
    readonly keep: (span: string) => string
    readonly type: (sink: string) => string
    readonly wrong: string
    readonly nothing: string
    readonly submit: string
    readonly cancel: string
  }
}

export const words: Words<SinkWords> = {
  en: {
    pause: 'Pause',
    pauseMeans:
      'Nothing more is sent, over restarts too. What it is owed is kept, and goes out when it is resumed.',
    resume: 'Resume',
    resumeMeans: 'What it is owed goes out again, from now on.',
    pausedByFile:
      'routes.yaml says “paused: true”: that can be ended only there. What it is owed is kept.',
    discard: 'Discard what it is owed…',
    gone: 'It is not in routes.yaml any more: nothing is sent to it, and what it is owed is kept until it is there again, or is discarded.',
    notReady: 'It says that it is not ready: nothing is sent to it until it is.',
    paused: 'It is paused. What it is owed is kept.',
    resumed: 'It is resumed.',
    stillPaused: 'routes.yaml still keeps it paused.',
    discarded: (count) => `Discarded: ${count}. They are dead letters now.`,
    goOn: 'There are more of them than one request has time for: discard again to go on.',
    type: 'Type',
    state: 'State',
    backlog: 'Backlog',
    inFlight: 'In flight',
    oldest: 'Oldest',
    dead: 'Dead letters',
    success: 'Successful, one hour',
    rate: 'Rate',
    noRate: 'no limit',
    order: 'Order',
    noOrder: 'none',
    lastHour: 'The last hour, counted by this gateway since it started',
    perMinute: 'Deliveries a minute, failures in red',
    latencies: 'Latency: p95, and p50 below it',
    backlogOf: 'Backlog',
    now: (latest, most) => `now ${latest}, at the most ${most}`,
    inAll: (delivered, failed) => `delivered ${delivered}, failed ${failed} in the hour`,
    routes: 'Routes that send to it',
    noRoutes: 'No route sends to it.',
    disabled: 'not enabled',
    waiting: 'Waiting deliveries',
    noneWaiting: 'Nothing waits.',
    event: 'Event',
    orderKey: 'Order key',
    owedSince: 'Owed since',
    attempts: 'Attempts',
    next: 'Next attempt',
    isInFlight: 'in flight',
    due: 'due now',
    whenResumed: 'when it is resumed',
    whenClosed: 'when the breaker lets it',
    options: 'As routes.yaml has it',
    optionsNote: 'Secrets are masked.',
    noOptions: 'No options but its type.',
    inForce: 'Settings in force',
    timeout: 'Timeout',
    concurrency: 'Concurrency',
    retries: 'Attempts',
    schedule: (attempts, waits) => `${attempts}, waiting ${waits}`,
    once: 'one, and no more',
    breaker: 'Breaker',
    breakerIs: (failures, cooldown) => `opens after ${failures} failures in a row, for ${cooldown}`,
    confirm: {
      title: (sink) => `Discard what ${sink} is owed`,
      what: (count) =>
        `What it is owed, ${count} in all, becomes dead letters: nothing of it is sent, unless somebody retries it.`,
      inFlight: (count) =>
        `In flight are ${count}, which may be sent all the same. Pause the sink first to discard these, too.`,
      keep: (span) => `That can be done for ${span}; then they are deleted.`,
      type: (sink) => `To go on, type the sink’s name: ${sink}`,
      wrong: 'That is not the sink’s name. Nothing has been discarded.',
      nothing: 'Nothing is owed to it.',
      submit: 'Discard',
      cancel: 'Cancel',
    },
  },
  zh: {
    pause: '暂停',
    pauseMeans: '不再投递，重启后依然有效。积压会保留，恢复后继续投递。',
    resume: '恢复',
    resumeMeans: '立即恢复投递，积压会依次发出。',
    pausedByFile: 'routes.yaml 中写有 “paused: true”，只能在文件中恢复。积压会保留。',
    discard: '丢弃积压…',
    gone: '已从 routes.yaml 移除：不再投递，积压会保留，直到重新加入或被丢弃。',
    notReady: '接收方自报未就绪，就绪前不会投递。',
    paused: '已暂停，积压会保留。',
    resumed: '已恢复。',
    stillPaused: 'routes.yaml 仍使其保持暂停。',
    discarded: (count) => `${count} 条投递已转为死信。`,
    goOn: '数量较多，一次请求处理不完：请再次丢弃以继续。',
    type: '类型',
    state: '状态',
    backlog: '积压',
    inFlight: '投递中',
    oldest: '最早积压',
    dead: '死信',
    success: '一小时成功率',
    rate: '限速',
    noRate: '不限',
    order: '保序',
    noOrder: '无',
    lastHour: '最近一小时，由本网关自启动以来统计',
    perMinute: '每分钟投递数，红色为失败',
    latencies: '延迟：p95，其下为 p50',
    backlogOf: '积压',
    now: (latest, most) => `当前 ${latest}，最高 ${most}`,
    inAll: (delivered, failed) => `一小时内成功 ${delivered}，失败 ${failed}`,
    routes: '投递到它的路由',
    noRoutes: '没有路由投递到它。',
    disabled: '未启用',
    waiting: '待投递',
    noneWaiting: '没有待投递。',
    event: '事件',
    orderKey: '保序键',
    owedSince: '起始时间',
    attempts: '尝试次数',
    next: '下次尝试',
    isInFlight: '投递中',
    due: '即将投递',
    whenResumed: '恢复后',
    whenClosed: '熔断结束后',
    options: '配置原文',
    optionsNote: '密钥已隐藏。',
    noOptions: '除类型外没有其他选项。',
    inForce: '生效的设置',
    timeout: '超时',
    concurrency: '并发',
    retries: '尝试次数',
    schedule: (attempts, waits) => `${attempts} 次，间隔 ${waits}`,
    once: '仅一次',
    breaker: '熔断',
    breakerIs: (failures, cooldown) => `连续失败 ${failures} 次后熔断 ${cooldown}`,
    confirm: {
      title: (sink) => `丢弃 ${sink} 的积压`,
      what: (count) => `${count} 条投递将转为死信：除非有人重试，否则不会再发送。`,
      inFlight: (count) => `其中 ${count} 条正在投递，仍可能发出。若也要丢弃，请先暂停该接收方。`,
      keep: (span) => `${span}内可以重试，之后会被删除。`,
      type: (sink) => `请输入接收方名称以继续：${sink}`,
      wrong: '名称不符，没有丢弃任何投递。',
      nothing: '没有积压。',
      submit: '丢弃',
      cancel: '取消',
    },
  },
}
