import type { Words } from '../language.ts'
import type { Done } from './after.ts'

interface EventWords {
  readonly done: Readonly<Record<Done, string>>
  readonly ended: string
  readonly notFound: string
  readonly id: string
  readonly noId: string
  readonly instance: string
  readonly approval: string
  readonly user: string
  readonly operate: string
  readonly type: string
  readonly noType: string
  readonly app: string
  readonly tenant: string
  readonly source: string
  readonly happened: string
  readonly accepted: string
  readonly related: string
  readonly quarantine: {
    readonly title: string
    readonly means: string
    readonly now: string
    readonly nowFine: string
    readonly noId: string
    readonly send: string
  }
  readonly deliveries: {
    readonly title: string
    readonly none: string
    readonly heading: (sink: string, id: string) => string
    readonly owed: string
    readonly settled: string
    readonly reason: string
    readonly key: string
    readonly next: string
    readonly first: string
    readonly notYet: string
    readonly n: string
    readonly at: string
    readonly took: string
    readonly status: string
    readonly error: string
    readonly response: string
    readonly fine: string
  }
  readonly payload: {
    readonly title: string
    readonly note: string
    readonly cut: (lines: string) => string
  }
}

export const words: Words<EventWords> = {
  en: {
    done: {
      retried: 'It is owed again, its attempts counted from 1.',
      sent: 'It is owed, and sent at once where nothing holds the sink up.',
      nothing: 'Nothing was changed: it is owed already, or no route sends it there any more.',
      changed: 'Nothing was changed: somebody has sent it meanwhile. See below.',
    },
    ended: 'It has been sent since: how that ended stands below.',
    notFound: 'There is no such event any more: what is settled is deleted after its retention.',
    id: 'Event id',
    noId: 'without an id',
    instance: 'Instance',
    approval: 'Approval',
    user: 'User',
    operate: 'Operate',
    type: 'Type',
    noType: 'without a type',
    app: 'App',
    tenant: 'Tenant',
    source: 'Source',
    happened: 'Happened',
    accepted: 'Accepted',
    related: 'All events of this instance',
    quarantine: {
      title: 'Quarantined: stored, and sent to nobody',
      means: 'It is authentic, but not what its schema says:',
      now: 'By the rules of now it is still not in order:',
      nowFine:
        'By the rules of now it is in order: it can be accepted, and sent where its routes lead.',
      noId: 'Without an id it is never sent: no receiver could tell it from another.',
      send: 'Accept and send…',
    },
    deliveries: {
      title: 'Deliveries',
      none: 'It was owed to nobody.',
      heading: (sink, id) => `${sink}, delivery ${id}`,
      owed: 'Owed',
      settled: 'Ended',
      reason: 'Reason',
      key: 'Order key',
      next: 'Next attempt',
      first: 'Delivered at the first attempt.',
      notYet: 'No attempt has ended yet.',
      n: 'Attempt',
      at: 'Began',
      took: 'Took',
      status: 'Status',
      error: 'Error',
      response: 'Response',
      fine: 'none',
    },
    payload: {
      title: 'Payload',
      note: 'As received, its verification token blanked; indented here, otherwise to the letter.',
      cut: (lines) =>
        `These are its first ${lines} lines; “lark-fanout events show” shows all of it.`,
    },
  },
  zh: {
    done: {
      retried: '已重新投递，尝试次数从 1 重新计算。',
      sent: '已加入投递；接收方没有暂停或熔断时会立即发送。',
      nothing: '没有变化：已在投递中，或已没有路由通向该接收方。',
      changed: '没有变化：其间已有人发送，请看下方。',
    },
    ended: '此后已投递，结果见下方。',
    notFound: '该事件已不存在：投递结束的事件在保留期后删除。',
    id: '事件 ID',
    noId: '没有 ID',
    instance: '审批实例',
    approval: '审批定义',
    user: '用户',
    operate: '操作',
    type: '类型',
    noType: '没有类型',
    app: '应用',
    tenant: '租户',
    source: '来源',
    happened: '发生时间',
    accepted: '接收时间',
    related: '该审批实例的全部事件',
    quarantine: {
      title: '已隔离：已存储，不投递',
      means: '事件真实可信，但不符合其 Schema：',
      now: '按当前规则仍不合格：',
      nowFine: '按当前规则已合格：可以接收，并按路由投递。',
      noId: '没有 ID 的事件不会投递：接收方无法区分。',
      send: '接收并投递…',
    },
    deliveries: {
      title: '投递记录',
      none: '没有需要投递的接收方。',
      heading: (sink, id) => `${sink}，投递 ${id}`,
      owed: '加入时间',
      settled: '结束时间',
      reason: '原因',
      key: '顺序键',
      next: '下一次尝试',
      first: '首次尝试即投递成功。',
      notYet: '还没有完成任何尝试。',
      n: '次数',
      at: '开始时间',
      took: '耗时',
      status: '状态码',
      error: '错误',
      response: '响应',
      fine: '无',
    },
    payload: {
      title: '内容',
      note: '与收到时一致（校验 Token 已抹去），此处仅做缩进。',
      cut: (lines) => `仅显示前 ${lines} 行；“lark-fanout events show” 可查看全部。`,
    },
  },
}
