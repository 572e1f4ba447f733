import type { Words } from '../language.ts'

interface RoutesWords {
  readonly title: string
  readonly tester: string
  readonly testerHint: string
  readonly event: string
  readonly submit: string
  readonly example: string
  readonly exampleIs: string
  readonly empty: string
  readonly notJson: (line: number, column: number) => string
  readonly notObject: string
  readonly cannot: string
  readonly stored: string
  readonly hidden: string
  readonly result: string
  readonly type: string
  readonly noType: string
  readonly id: string
  readonly quarantined: string
  readonly ignored: string
  readonly owedTo: string
  readonly owedToNobody: string
  readonly matching: (matching: string, all: string) => string
  readonly sent: string
  readonly noPreview: string
  readonly previewFails: string
  readonly someShown: (count: string) => string
  readonly routes: string
  readonly none: string
  readonly name: string
  readonly answer: string
  readonly matches: string
  readonly disabled: string
  readonly condition: string
  readonly everyEvent: string
  readonly from: string
  readonly to: string
  readonly place: string
  readonly nowNote: string
}

export const words: Words<RoutesWords> = {
  en: {
    title: 'Routes',
    tester: 'Try an event',
    testerHint:
      'A callback as Feishu sends it (schema 1.0 or 2.0, decrypted), or its “event” object alone. Nothing is stored, and nothing is sent.',
    event: 'Event (JSON)',
    submit: 'Who would get it?',
    example: 'Take an example',
    exampleIs: 'This is an example.',
    empty: 'The box was empty: this is an example.',
    notJson: (line, column) => `That is no JSON: line ${line}, column ${column}`,
    notObject: 'The event must be a JSON object: it begins with { and ends with }.',
    cannot: 'That is no event:',
    stored: 'This is a stored event. It goes through the routes as they are now.',
    hidden: 'What is redacted is not in the box: to try it changed, fill that in.',
    result: 'What would become of it',
    type: 'Type',
    noType: 'without a type',
    id: 'Event id',
    quarantined: 'It would be quarantined, stored and sent to nobody:',
    ignored: 'It would be ignored: no source accepts its type.',
    owedTo: 'Goes to',
    owedToNobody: 'nobody',
    matching: (matching, all) => `Matching routes: ${matching} of ${all}`,
    sent: 'What each is sent',
    noPreview: 'The type of this sink cannot tell beforehand.',
    previewFails: 'It cannot be made:',
    someShown: (count) => `Only of the first ${count}.`,
    routes: 'As they are written',
    none: 'routes.yaml has no routes.',
    name: 'Route',
    answer: 'This event',
    matches: 'matches',
    disabled: 'not enabled',
    condition: 'Match',
    everyEvent: 'every event',
    from: 'from',
    to: 'To',
    place: 'Where',
    nowNote: 'For each: the first condition that it does not meet.',
  },
  zh: {
    title: '路由',
    tester: '测试事件',
    testerHint:
      '飞书发来的回调（schema 1.0 或 2.0，已解密），或其中的 “event” 对象。不会存储，也不会发送。',
    event: '事件（JSON）',
    submit: '谁会收到？',
    example: '填入示例',
    exampleIs: '这是一个示例。',
    empty: '输入为空：已填入示例。',
    notJson: (line, column) => `不是 JSON：第 ${line} 行，第 ${column} 列`,
    notObject: '事件必须是 JSON 对象：以 { 开始，以 } 结束。',
    cannot: '不是事件：',
    stored: '这是已存储的事件，按当前路由测试。',
    hidden: '已脱敏的字段不在输入框中：如需修改后再试，请自行填写。',
    result: '结果',
    type: '类型',
    noType: '没有类型',
    id: '事件 ID',
    quarantined: '会被隔离：存储但不投递给任何接收方：',
    ignored: '会被忽略：没有来源接受此类型。',
    owedTo: '投递给',
    owedToNobody: '无',
    matching: (matching, all) => `匹配的路由：${matching} / ${all}`,
    sent: '各接收方收到的内容',
    noPreview: '此类型的接收方无法预览。',
    previewFails: '无法生成：',
    someShown: (count) => `仅显示前 ${count} 个。`,
    routes: '路由配置',
    none: 'routes.yaml 中没有路由。',
    name: '路由',
    answer: '此事件',
    matches: '匹配',
    disabled: '未启用',
    condition: '匹配条件',
    everyEvent: '所有事件',
    from: '来源',
    to: '投递到',
    place: '位置',
    nowNote: '每条路由显示第一个不满足的条件。',
  },
}
