import type { OwnEvent } from '../../core/own-events.ts'
import type { Words } from '../language.ts'

interface ProblemsWords {
  readonly title: string
  readonly never: string
  readonly applied: string
  readonly rejected: string
  readonly whatToDo: string
  readonly problems: string
  readonly force: string
  readonly sinks: string
  readonly routes: string
  readonly disabled: (count: string) => string
  readonly retention: string
  readonly kept: (delivered: string, dead: string) => string
  readonly redact: string
  readonly nothingHidden: string
  readonly alerts: string
  readonly noAlerts: string
  readonly alertsOf: (events: string) => string
  readonly events: Readonly<Record<OwnEvent, string>>
  readonly sources: string
  readonly source: string
  readonly where: string
  readonly connects: string
  readonly types: string
  readonly everyType: string
  readonly state: string
  readonly connected: string
  readonly notConnected: string
  readonly listens: string
  readonly audit: string
  readonly auditTitle: string
  readonly auditOf: string
  readonly nobody: string
  readonly at: string
  readonly who: string
  readonly what: string
  readonly request: string
  readonly outcome: string
  readonly underWay: string
  readonly actions: Readonly<Record<'pause' | 'resume' | 'retry' | 'replay' | 'discard', string>>
}

export const words: Words<ProblemsWords> = {
  en: {
    title: 'Config',
    never:
      'routes.yaml is in force as it was when this gateway started; it has not been read again since.',
    applied: 'routes.yaml was read again, and is in force since',
    rejected: 'routes.yaml was rejected. The plan before it runs on. Read at',
    whatToDo:
      'Correct what stands below and save the file: it is read again within a second. “npx lark-fanout check” says the same before you do.',
    problems: 'Problems',
    force: 'The plan in force',
    sinks: 'Sinks',
    routes: 'Routes',
    disabled: (count) => `not enabled: ${count}`,
    retention: 'Kept',
    kept: (delivered, dead) => `delivered events ${delivered}, dead letters ${dead}`,
    redact: 'Redacted fields',
    nothingHidden: 'none',
    alerts: 'Alerts',
    noAlerts: 'nobody is told of anything',
    alertsOf: (events) => `of ${events}`,
    events: {
      'delivery.dead': 'dead letters',
      'breaker.opened': 'opened breakers',
      'config.rejected': 'rejected files',
      'event.quarantined': 'quarantined events',
    },
    sources: 'Sources',
    source: 'Source',
    where: 'Receives at',
    connects: 'a connection of its own',
    types: 'Accepted types',
    everyType: 'every type',
    state: 'State',
    connected: 'connected',
    notConnected: 'not connected',
    listens: 'listening',
    audit: 'Who did what',
    auditTitle: 'Audit',
    auditOf: 'Each pause, resume, retry, replay and discard, kept for a year.',
    nobody: 'Nobody has done anything yet.',
    at: 'When',
    who: 'Who',
    what: 'What',
    request: 'Asked for',
    outcome: 'Outcome',
    underWay: 'under way, or its process has ended',
    actions: {
      pause: 'pause',
      resume: 'resume',
      retry: 'retry',
      replay: 'replay',
      discard: 'discard',
    },
  },
  zh: {
    title: '配置',
    never: '当前生效的是本网关启动时的 routes.yaml，此后没有重新加载。',
    applied: 'routes.yaml 已重新加载并生效，时间：',
    rejected: 'routes.yaml 被拒绝，之前的配置继续生效。加载时间：',
    whatToDo: '修正下列问题并保存文件，一秒内会重新加载。保存前可用 “npx lark-fanout check” 检查。',
    problems: '问题',
    force: '生效的配置',
    sinks: '接收方',
    routes: '路由',
    disabled: (count) => `未启用：${count}`,
    retention: '保留时间',
    kept: (delivered, dead) => `已投递 ${delivered}，死信 ${dead}`,
    redact: '脱敏字段',
    nothingHidden: '无',
    alerts: '告警',
    noAlerts: '未配置',
    alertsOf: (events) => `${events}`,
    events: {
      'delivery.dead': '死信',
      'breaker.opened': '熔断',
      'config.rejected': '配置被拒绝',
      'event.quarantined': '事件被隔离',
    },
    sources: '来源',
    source: '来源',
    where: '接收地址',
    connects: '主动连接',
    types: '接受的类型',
    everyType: '所有类型',
    state: '状态',
    connected: '已连接',
    notConnected: '未连接',
    listens: '监听中',
    audit: '操作记录',
    auditTitle: '操作记录',
    auditOf: '每次暂停、恢复、重试、重放与丢弃，保留一年。',
    nobody: '还没有任何操作。',
    at: '时间',
    who: '操作人',
    what: '操作',
    request: '请求',
    outcome: '结果',
    underWay: '进行中，或进程已结束',
    actions: {
      pause: '暂停',
      resume: '恢复',
      retry: '重试',
      replay: '重放',
      discard: '丢弃',
    },
  },
}
