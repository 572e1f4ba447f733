import type { Words } from '../language.ts'

interface EventsWords {
  readonly title: string
  readonly q: string
  readonly qHint: string
  readonly type: string
  readonly source: string
  readonly state: string
  readonly any: string
  readonly accepted: string
  readonly quarantined: string
  readonly since: string
  readonly until: string
  readonly find: string
  readonly clear: string
  readonly byOutcome: string
  readonly dead: string
  readonly pending: string
  readonly none: string
  readonly noneFound: string
  readonly lookedBack: string
  readonly mentions: string
}

export const words: Words<EventsWords> = {
  en: {
    title: 'Events',
    q: 'Search',
    qHint: 'Exactly an instance code, approval code, event id or user id',
    type: 'Type',
    source: 'Source',
    state: 'State',
    any: 'any',
    accepted: 'accepted',
    quarantined: 'quarantined',
    since: 'Accepted since',
    until: 'Accepted before',
    find: 'Find',
    clear: 'All events',
    byOutcome: 'By their outcome:',
    dead: 'dead letters',
    pending: 'pending deliveries, by sink',
    none: 'No event has come yet.',
    noneFound: 'Nothing is found.',
    lookedBack: 'Older ones may match, too: looked back to',
    mentions:
      'These have it as their id or as their instance code. “Older” looks for others that mention it.',
  },
  zh: {
    title: '事件',
    q: '查找',
    qHint: '完整的审批实例 Code、审批定义 Code、事件 ID 或用户 ID',
    type: '事件类型',
    source: '来源',
    state: '状态',
    any: '不限',
    accepted: '已接收',
    quarantined: '已隔离',
    since: '接收时间起',
    until: '接收时间止',
    find: '查找',
    clear: '全部事件',
    byOutcome: '按投递结果查看：',
    dead: '死信',
    pending: '各接收方的待投递',
    none: '还没有收到事件。',
    noneFound: '没有找到。',
    lookedBack: '更早的事件中可能还有。已查找到此时间：',
    mentions: '以上事件的 ID 或审批实例 Code 与之相同。点“更早”可继续查找提及它的其他事件。',
  },
}
