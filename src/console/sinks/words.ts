import type { Words } from '../language.ts'

interface SinksWords {
  readonly title: string
  readonly sink: string
  readonly state: string
  readonly lastHour: string
  readonly deliveries: string
  readonly perMinute: string
  readonly failed: (count: string) => string
  readonly latency: string
  readonly inFlight: string
  readonly backlog: string
  readonly oldest: string
  readonly dead: string
  readonly limits: string
  readonly orderBy: (field: string) => string
  readonly none: string
  readonly shown: (delivered: number, failed: number) => string
}

export const words: Words<SinksWords> = {
  en: {
    title: 'Sinks',
    sink: 'Sink',
    state: 'State',
    lastHour: 'Curves and latency are of the last hour, counted by this gateway since it started.',
    deliveries: 'Deliveries',
    perMinute: 'A minute',
    failed: (count) => `${count} failed`,
    latency: 'p95',
    inFlight: 'In flight',
    backlog: 'Backlog',
    oldest: 'Oldest',
    dead: 'Dead letters',
    limits: 'Rate, order',
    orderBy: (field) => `in order of ${field}`,
    none: 'routes.yaml has no sinks, and nothing is owed to any.',
    shown: (delivered, failed) =>
      `Deliveries in the last hour: ${delivered} delivered, ${failed} failed`,
  },
  zh: {
    title: '接收方',
    sink: '接收方',
    state: '状态',
    lastHour: '曲线与延迟为最近一小时，由本网关自启动以来统计。',
    deliveries: '投递',
    perMinute: '每分钟',
    failed: (count) => `失败 ${count}`,
    latency: 'p95',
    inFlight: '投递中',
    backlog: '积压',
    oldest: '最早积压',
    dead: '死信',
    limits: '限速、保序',
    orderBy: (field) => `按 ${field} 保序`,
    none: 'routes.yaml 中没有接收方，也没有任何积压。',
    shown: (delivered, failed) => `最近一小时投递：成功 ${delivered}，失败 ${failed}`,
  },
}
