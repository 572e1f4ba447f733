import type { Words } from '../language.ts'

interface SendWords {
  readonly title: string
  readonly first: (sinks: string) => string
  readonly again: (sinks: string) => string
  readonly cleared: string
  readonly nothing: string
  readonly paused: (sink: string) => string
  readonly preview: string
  readonly noPreview: string
  readonly previewFails: string
  readonly submit: string
  readonly cancel: string
}

export const words: Words<SendWords> = {
  en: {
    title: 'Send this event',
    first: (sinks) => `It will be owed to ${sinks}.`,
    again: (sinks) =>
      `${sinks} was owed this event before. It will be sent once more, as a new delivery with the same event id: a receiver that remembers ids passes it over.`,
    cleared: 'It will be accepted: it is quarantined no more.',
    nothing:
      'There is nothing to send: by the routes of now it is owed to nobody here, or it is not in order. Change the routes first.',
    paused: (sink) => `${sink} is paused: nothing is sent to it until it is resumed.`,
    preview: 'What it is sent',
    noPreview: 'The type of this sink cannot tell beforehand.',
    previewFails: 'It cannot be made:',
    submit: 'Send it',
    cancel: 'Cancel',
  },
  zh: {
    title: '投递此事件',
    first: (sinks) => `将投递给 ${sinks}。`,
    again: (sinks) =>
      `此前已向 ${sinks} 投递过此事件。将以相同的事件 ID 新建一次投递；按 ID 去重的接收方会忽略它。`,
    cleared: '事件将被接收，不再隔离。',
    nothing: '无可投递：按当前路由无需投递到此处，或事件不合格。请先修改路由。',
    paused: (sink) => `${sink} 已暂停：恢复前不会投递。`,
    preview: '将发送的内容',
    noPreview: '此类接收方无法预览。',
    previewFails: '无法生成：',
    submit: '确认投递',
    cancel: '取消',
  },
}
