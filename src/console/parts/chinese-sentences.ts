/** An English sentence of the gateway's, and how to say it with what its groups have found. */
type Sentence = readonly [pattern: RegExp, say: (...found: string[]) => string]

/** A sentence in Chinese; the same text where none of these is meant. */
export function chinese(text: string): string {
  return toldBy(SENTENCES, text)
}

function toldBy(sentences: readonly Sentence[], text: string): string {
  for (const [pattern, say] of sentences) {
    const found = pattern.exec(text)
    if (found) return say(...found.slice(1))
  }
  return text
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
    /^gone \(410\): the receiver wants no more events at this url$/,
    () => '已失效 (410): 接收方不再接收发往此 url 的事件',
  ],
  [
    /^redirected \((\d+)\): set the sink's url to the final address$/,
    (status) => `重定向 (${status}): 请将 url 改为最终地址`,
  ],
  [/^not acknowledged within (\d+) ms$/, (ms) => `${ms} ms 内没有确认`],
  [/^acknowledged with code (\d+)$/, (code) => `确认中的 code 为 ${code}`],
  [/^its acknowledgement has no code$/, () => '确认中没有 code'],
  [
    /^its transform (.+); mend the transform, then retry$/s,
    (what) => `transform 出错: ${toldBy(transforms, what)}; 请修正后重试`,
  ],
  [/^its transform (.+)$/s, (what) => `transform 出错: ${toldBy(transforms, what)}`],
]

/** What follows `its transform`; what JSONata itself says stays as it is. */
const transforms: readonly Sentence[] = [
  [/^fails: (.+)$/s, (what) => what],
  [/^takes too long$/, () => '耗时过长'],
  [
    /^gives nothing for this event: is a field misspelt\? Write null to mean null$/,
    () => '对此事件没有结果: 字段名是否有误？如需空值请写 null',
  ],
]

/** The same of the sinks that write to Kafka. */
const kafka: readonly Sentence[] = [
  [/^Kafka did not acknowledge the message in time$/, () => 'Kafka 没有及时确认消息'],
  [/^the brokers did not answer within (\d+) ms$/, (ms) => `broker 在 ${ms} ms 内没有应答`],
  [/^no delivery report came in time$/, () => '没有及时收到投递回执'],
  [
    /^topic (\S+) takes no message of this size \((\w+)\): raise its max\.message\.bytes$/,
    (topic, code) => `topic ${topic} 不接受此大小的消息 (${code}): 请调大其 max.message.bytes`,
  ],
  [
    /^topic (\S+) does not take this message \((\w+)\)$/,
    (topic, code) => `topic ${topic} 不接受此消息 (${code})`,
  ],
  [
    /^not allowed to write to topic (\S+) \((\w+)\): grant WRITE and DESCRIBE on it$/,
    (topic, code) => `没有写入 topic ${topic} 的权限 (${code}): 请授予 WRITE 与 DESCRIBE`,
  ],
  [
    /^topic (\S+) does not exist \((\w+)\): create it, or correct the sink's topic$/,
    (topic, code) => `topic ${topic} 不存在 (${code}): 请创建，或修正接收方的 topic`,
  ],
]

const SUBJECT = String.raw`(\S+|\S+ \(v1\) or \S+ \(v2\))`

/** What is wrong with a field of an event. */
function problem(message: string, say: (...found: string[]) => string): Sentence {
  const pattern = new RegExp(`^${SUBJECT}: ${message}$`, 's')
  return [pattern, (field = '', ...found) => `${field.replace(' or ', ' 或 ')}: ${say(...found)}`]
}

/** The longer ones before those that they contain. */
const KINDS = [
  ['true or false', '布尔值'],
  ['a list of strings', '字符串列表'],
  ['a string', '字符串'],
  ['a whole number', '整数'],
  ['a number', '数字'],
  ['a list', '列表'],
  ['an object', '对象'],
  ['empty', '空'],
  [', or ', ' 或 '],
  [' or ', ' 或 '],
] as const

function kinds(text = ''): string {
  return KINDS.reduce((told, [english, chinese]) => told.replaceAll(english, chinese), text)
}

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
    'must be one of ([^;]+); did you mean "([^"]+)"\\?',
    (allowed, meant) => `应为 ${allowed} 之一，是否为 "${meant}"？`,
  ),
  problem('must be one of ([^;]+)', (allowed) => `应为 ${allowed} 之一`),
  problem('must be (.+), but is empty', (wanted) => `应为${kinds(wanted)}，但为空`),
  problem('must be (.+), not (.+)', (wanted, is) => `应为${kinds(wanted)}，而不是${kinds(is)}`),
  problem('must be (an? .+)', (wanted) => `应为${kinds(wanted)}`),
  problem('must be (.+)', (wanted) => `应为 ${kinds(wanted)}`),
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

const SENTENCES = [...attempts, ...kafka, ...requests, ...problems]
