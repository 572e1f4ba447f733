import type { Words } from '../language.ts'

interface OutcomeWords {
  readonly title: string
  readonly none: string
  readonly state: Readonly<Record<'delivered' | 'pending' | 'dead' | 'none', string>>
  readonly attempts: (count: number) => string
  readonly sending: string
  readonly due: string
  readonly waitsForGone: string
  readonly resume: string
  readonly toSink: string
  readonly next: (wait: string) => string
  readonly last: string
  readonly quarantined: string
  readonly gone: string
  readonly noRoute: string
  readonly matches: string
  readonly doesNot: (why: string) => string
  readonly moreRoutes: (count: string) => string
  readonly others: (count: string) => string
  readonly now: Readonly<Record<'owed' | 'not owed', string>>
  readonly note: string
  readonly tester: string
  readonly sink: string
  readonly anySink: string
  readonly show: string
  readonly remedy: Readonly<Record<'retry' | 'send' | 'again', string>>
}

export const outcomeWords: Words<OutcomeWords> = {
  en: {
    title: 'What became of it',
    none: 'routes.yaml has no sinks.',
    state: { delivered: 'delivered', pending: 'pending', dead: 'dead', none: 'not owed' },
    attempts: (count) => (count === 1 ? '1 attempt' : `${count} attempts`),
    sending: 'Being sent now.',
    due: 'Next attempt: now.',
    waitsForGone: 'Waits until the sink is in routes.yaml again.',
    resume: 'Resume…',
    toSink: 'More of this sink',
    next: (wait) => `Next attempt in ${wait}:`,
    last: 'Last error:',
    quarantined: 'As it is quarantined.',
    gone: 'not in routes.yaml any more',
    noRoute: 'No route leads here.',
    matches: 'matches',
    doesNot: (why) => `does not match: ${why}`,
    moreRoutes: (count) => `${count} more routes`,
    others: (count) => `Why it was not owed to ${count} other sinks`,
    now: {
      owed: 'It would be owed by the routes of now; they were others when it came.',
      'not owed': 'It would not be owed by the routes of now; they were others when it came.',
    },
    note: 'Why, is said by the routes as they are now, not as they were when the event came.',
    tester: 'Try it on the routes page',
    sink: 'Sink',
    anySink: 'any',
    show: 'Show first',
    remedy: { retry: 'Retry', send: 'Send…', again: 'Send again…' },
  },
  zh: {
    title: '投递结果',
    none: 'routes.yaml 中没有接收方。',
    state: { delivered: '已投递', pending: '待投递', dead: '死信', none: '无需投递' },
    attempts: (count) => `尝试 ${count} 次`,
    sending: '正在投递。',
    due: '即将进行下一次尝试。',
    waitsForGone: '等待中：直到该接收方重新写入 routes.yaml。',
    resume: '前往恢复',
    toSink: '查看该接收方',
    next: (wait) => `${wait}后进行下一次尝试：`,
    last: '最近一次错误：',
    quarantined: '因为事件已隔离。',
    gone: '已从 routes.yaml 移除',
    noRoute: '没有路由通向此处。',
    matches: '匹配',
    doesNot: (why) => `不匹配：${why}`,
    moreRoutes: (count) => `另有 ${count} 条路由`,
    others: (count) => `另外 ${count} 个接收方为何无需投递`,
    now: {
      owed: '按当前路由应当投递；事件到达时的路由不同。',
      'not owed': '按当前路由无需投递；事件到达时的路由不同。',
    },
    note: '原因按当前路由给出，而不是事件到达时的路由。',
    tester: '在路由页试运行',
    sink: '接收方',
    anySink: '不限',
    show: '优先显示',
    remedy: { retry: '重试', send: '投递…', again: '再次投递…' },
  },
}
