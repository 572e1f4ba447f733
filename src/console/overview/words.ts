import type { Words } from '../language.ts'

interface OverviewWords {
  readonly title: string
  readonly search: string
  readonly searchHint: string
  readonly find: string
  readonly lastHour: string
  readonly thisGateway: string
  readonly events: string
  readonly eventsPerMinute: string
  readonly deliveriesPerMinute: string
  readonly quarantined: string
  readonly rejected: string
  readonly success: string
  readonly latency: string
  readonly backlog: string
  readonly dead: string
  readonly sinks: string
  readonly sink: string
  readonly state: string
  readonly oldest: string
  readonly attempts: string
  readonly backlogHour: string
  readonly newest: string
  readonly all: string
  readonly attention: string
  readonly inState: (count: string, state: string) => string
  readonly configRejected: string
  readonly comma: string
  readonly moreWell: (count: string) => string
  readonly noSinks: string
  readonly noEvents: string
  readonly chart: (what: string, latest: number, most: number) => string
}

export const words: Words<OverviewWords> = {
  en: {
    title: 'Overview',
    search: 'Find an approval',
    searchHint: 'Instance code, approval code, event id or user id',
    find: 'Find',
    lastHour: 'The last hour',
    thisGateway: 'counted by this gateway since it started',
    events: 'Events',
    eventsPerMinute: 'Events a minute',
    deliveriesPerMinute: 'Deliveries a minute, failures in red',
    quarantined: 'quarantined',
    rejected: 'rejected',
    success: 'Successful attempts',
    latency: 'Latency, p95',
    backlog: 'Backlog',
    dead: 'Dead letters',
    sinks: 'Sinks',
    sink: 'Sink',
    state: 'State',
    oldest: 'Oldest',
    attempts: 'Deliveries',
    backlogHour: 'Backlog, one hour',
    newest: 'Newest events',
    all: 'All events',
    attention: 'Needs attention:',
    inState: (count, state) => `${count} ${state}`,
    configRejected: 'config rejected',
    comma: ', ',
    moreWell: (count) => `${count} more, all healthy`,
    noSinks: 'routes.yaml has no sinks.',
    noEvents: 'No event has come yet.',
    chart: (what, latest, most) => `${what}: ${latest} now, ${most} at the most in the last hour`,
  },
  zh: {
    title: '概览',
    search: '查找审批',
    searchHint: '审批实例 Code、审批定义 Code、事件 ID 或用户 ID',
    find: '查找',
    lastHour: '最近一小时',
    thisGateway: '本网关自启动以来的统计',
    events: '事件',
    eventsPerMinute: '每分钟事件数',
    deliveriesPerMinute: '每分钟投递数，红色为失败',
    quarantined: '已隔离',
    rejected: '已拒绝',
    success: '投递成功率',
    latency: '延迟 p95',
    backlog: '积压',
    dead: '死信',
    sinks: '接收方',
    sink: '接收方',
    state: '状态',
    oldest: '最早积压',
    attempts: '投递',
    backlogHour: '一小时内积压',
    newest: '最新事件',
    all: '全部事件',
    attention: '需要处理：',
    inState: (count, state) => `${count} 个${state}`,
    configRejected: '配置被拒绝',
    comma: '、',
    moreWell: (count) => `另有 ${count} 个接收方，均正常`,
    noSinks: 'routes.yaml 中没有接收方。',
    noEvents: '还没有收到事件。',
    chart: (what, latest, most) => `${what}：当前 ${latest}，最近一小时最高 ${most}`,
  },
}
