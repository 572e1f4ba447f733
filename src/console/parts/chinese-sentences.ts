import { chineseTransform, kafka, kafkaRest } from './chinese-sinks.ts'
import { type Sentence, toldBy } from './sentence.ts'

/** A sentence in Chinese; the same text where none of these is meant. */
export function chinese(text: string): string {
  return toldBy(SENTENCES, text)
}

/** Why an attempt failed, or a delivery is dead. */
const attempts: readonly Sentence[] = [
  [/^gave up after (\d+) attempts?: (.+)$/s, (n, why) => `尝试 ${n} 次后放弃: ${chinese(why)}`],
  [
    /^gave up: (\d+) times the gateway or the receiver ended while it held this$/,
    (n) => `已放弃: 处理期间网关或接收方中断 ${n} 次`,
  ],
  [/^gave up: (.+)$/s, (why) => `已放弃: ${chinese(why)}`],
  [/^discarded by (.+)$/s, (who) => `由 ${who} 丢弃`],
  [/^timed out$/, () => '超时'],
  [/^no answer within (\d+) ms$/, (ms) => `${ms} ms 内没有应答`],
  [/^the connection failed: broken off$/, () => '连接失败: 连接中断'],
  [/^the connection failed: (\w+)$/, (code) => `连接失败: ${code}`],
  [
    /^the connection failed: refused, or broken off before an answer came$/,
    () => '连接失败: 被拒绝，或在应答之前中断',
  ],
  [
    /^the connection failed: the host is not found, or TLS fails$/,
    () => '连接失败: 找不到主机，或 TLS 失败',
  ],
  [
    /^the connection failed: the platform has taken it for another request$/,
    () => '连接失败: 平台已将连接用于另一个请求',
  ],
  [/^the connection failed: the platform does not say why$/, () => '连接失败: 平台没有说明原因'],
  [/^the connection was closed before an answer came$/, () => '在应答之前，连接已关闭'],
  [
    /^the proxy of (\w+) cannot be reached: (\w+)$/,
    (variable, code) => `无法连接 ${variable} 中的代理: ${code}`,
  ],
  [/^the proxy answered (\d+)$/, (status) => `代理应答 ${status}`],
  [
    /^not sent: the platform lets this invocation start no more requests$/,
    () => '未发送: 平台不允许本次调用再发起请求',
  ],
  [/^HTTP cannot carry the header (\S+) as it is$/, (name) => `HTTP 无法携带标头 ${name} 的内容`],
  [
    /^gone \(410\): the receiver wants no more events at this url$/,
    () => '已失效 (410): 接收方不再接收发往此 url 的事件',
  ],
  [
    /^redirected \((\d+)\): set the sink's url to the final address$/,
    (status) => `重定向 (${status}): 请将 url 改为最终地址`,
  ],
  [/^nobody is connected$/, () => '没有客户端连接'],
  [
    /^the connection closed before the event was acknowledged$/,
    () => '在事件被确认之前，连接已关闭',
  ],
  [/^not acknowledged within (\d+) ms$/, (ms) => `${ms} ms 内没有确认`],
  [/^acknowledged with code (\d+)$/, (code) => `确认中的 code 为 ${code}`],
  [/^its acknowledgement has no code$/, () => '确认中没有 code'],
  [
    /^its transform (.+); mend the transform, then retry$/s,
    (what) => `transform 出错: ${chineseTransform(what)}; 请修正后重试`,
  ],
  [/^its transform (.+)$/s, (what) => `transform 出错: ${chineseTransform(what)}`],
]

const SUBJECT = String.raw`(\S+|\S+ \(v1\) or \S+ \(v2\))`

/** What is wrong with a field of an event, or with all of it. */
function problem(message: string, say: (...found: string[]) => string): Sentence {
  const pattern = new RegExp(`^(?:${SUBJECT}: )?${message}$`, 's')
  return [
    pattern,
    (field = '', ...found) => `${field.replace(' or ', ' 或 ')}${field && ': '}${say(...found)}`,
  ]
}

/** The longer ones before those that they contain. */
const KINDS: Readonly<Record<string, string>> = {
  'true or false': '布尔值',
  'a list of strings': '字符串列表',
  'a string': '字符串',
  'a whole number': '整数',
  'a number': '数字',
  'a list': '列表',
  'an object': '对象',
  empty: '空',
}

const KIND = Object.keys(KINDS).join('|')
const ONLY_KINDS = new RegExp(`^(?:${KIND})(?:,? or (?:${KIND}))*$`)

/** What should be there, to stand after 应为. Values that someone's own schema names stay as they are. */
function wanted(text = ''): string {
  if (!ONLY_KINDS.test(text)) return ` ${text}`
  const told = text.replaceAll(new RegExp(KIND, 'g'), (kind) => KINDS[kind] ?? kind)
  return told.replaceAll(/,? or /g, ' 或 ')
}

/** A word, a text in quotes or a kind: no two of them begin alike, so that a long list of them is read in one go. */
const WANTED = String.raw`(?:an? [a-z]+(?: number| of strings)?|[\w./+-]+|"(?:[^"\\]|\\.)*")`

/** Why an event is quarantined. */
const problems: readonly Sentence[] = [
  problem('is required', () => '必填'),
  problem('is empty', () => '为空'),
  problem(
    'must be printable ASCII, 256 characters at most',
    () => '应为可打印的 ASCII，最多 256 字符',
  ),
  problem('nested deeper than (\\d+) levels', (depth) => `嵌套超过 ${depth} 层`),
  problem('must have at least (\\d+) (?:characters|entries)', (least) => `长度至少为 ${least}`),
  problem('must have at most (\\d+) (?:characters|entries)', (most) => `长度最多为 ${most}`),
  problem(
    'must be one of (.+); did you mean "(.+)"\\?',
    (allowed, meant) => `应为 ${allowed} 之一，是否为 "${meant}"？`,
  ),
  problem('must be one of (.+)', (allowed) => `应为 ${allowed} 之一`),
  problem(
    'must be (.+); did you mean "(.+)"\\?',
    (value, meant) => `应为 ${value}，是否为 "${meant}"？`,
  ),
  problem('must be (.+), but is empty', (value) => `应为${wanted(value)}，但为空`),
  problem(
    `must be (.+), not (${KIND})`,
    (value, is) => `应为${wanted(value)}，而不是${wanted(is)}`,
  ),
  // Alone, `empty` is a word of someone's own schema: of a kind, it is said what stands there instead.
  problem('must be (empty|[<>]=? \\S+|\\[.*\\]|\\{.*\\})', (value) => `应为 ${value}`),
  problem(`must be (${WANTED}(?:,? or ${WANTED})*)`, (value) => `应为${wanted(value)}`),
  problem('must match format "(.+)"', (format) => `应符合格式 ${format}`),
  problem('must match (.+)', (pattern) => `应匹配 ${pattern}`),
  problem('must look like (.+)', (examples) => `应形如 ${examples}`),
  problem('unknown key; did you mean "(.+)"\\?', (meant) => `未知的字段，是否为 "${meant}"？`),
  problem('unknown key', () => '未知的字段'),
  problem(
    'is nested too deep, or too large, to be checked by the schema of its type',
    () => '嵌套过深或内容过大，无法按其类型的 schema 检查',
  ),
  [/^and more$/, () => '还有更多'],
  [/^not a JSON object$/, () => '不是 JSON 对象'],
  [/^(.+) is no source in routes\.yaml any more$/, (name) => `来源 ${name} 已从 routes.yaml 移除`],
]

/** Why a request is refused. */
const requests: readonly Sentence[] = [
  [/^The request failed; the log says why\.$/, () => '请求失败，原因见日志。'],
  [/^There is no such stored event\.$/, () => '没有这个已存储的事件。'],
  [/^The event is nested deeper than (\d+) levels\.$/, (depth) => `事件嵌套超过 ${depth} 层。`],
  [/^name an event, or the ref of one$/, () => '请填写事件'],
  [/^encrypt: is encrypted: decrypt the callback first$/, () => '已加密，请先解密回调'],
  [/^cursor: must be the `next` of the page before$/, () => '翻页位置无效，请从第一页重新查看'],
  [
    /^(since|until): must be a time such as (\S+)$/,
    (name, such) => `${name}: 应为时间，例如 ${such}`,
  ],
  [
    /^there is no sink "(.*)"; did you mean "(.*)"\?$/s,
    (name, meant) => `没有接收方 "${name}"，是否为 "${meant}"？`,
  ],
  [
    /^there is no sink "(.*)"; there are (.+)$/s,
    (name, all) => `没有接收方 "${name}"，现有: ${all}`,
  ],
  [/^there is no sink "(.*)"$/s, (name) => `没有接收方 "${name}"`],
  [/^The body is over (\d+) bytes\.$/, (bytes) => `提交的内容超过 ${bytes} 字节。`],
  [
    /^The gateway is ending: what was done until now stays done\.$/,
    () => '网关正在停止，已完成的部分保留。',
  ],
  [/^The body did not arrive whole\.$/, () => '提交的内容没有完整到达。'],
  [/^Only (.+) is answered here\.$/, (methods) => `此地址只接受 ${methods}。`],
]

const SENTENCES = [...attempts, ...kafka, ...kafkaRest, ...requests, ...problems]
