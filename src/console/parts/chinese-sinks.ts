import { type Sentence, toldBy } from './sentence.ts'

/** What follows `its transform`; what JSONata itself says stays as it is. */
export function chineseTransform(text: string): string {
  const [, said = text, line, character, at] = PLACED.exec(text) ?? []
  const chinese = toldBy(transforms, said)
  if (chinese === said) return text.replace(/^fails: /, '')
  const place = `第 ${line} 行，第 ${character} 个字符，"${at}" 处`
  return line === undefined ? chinese : `${chinese} (${place})`
}

const PLACED = /^(.+?) \(line (\d+), character (\d+), at "(.*)"\)$/s

const transforms: readonly Sentence[] = [
  [/^takes too long$/, () => '耗时过长'],
  [
    /^gives nothing for this event: is a field misspelt\? Write null to mean null$/,
    () => '对此事件没有结果: 字段名是否有误？如需空值请写 null',
  ],
  [/^gives something that is too large$/, () => '结果过大'],
  [/^gives a function where a value belongs$/, () => '结果中有函数，应为值'],
  [/^gives a function a number that is out of range$/, () => '传给函数的数字超出范围'],
  [
    /^gives \$formatNumber an option that is no text, or empty$/,
    () => '$formatNumber 的选项不是文本，或为空',
  ],
  [/^makes something that is too large$/, () => '中间结果过大'],
  [/^makes something that is nested too deeply$/, () => '中间结果嵌套过深'],
  [/^waits for something that never comes$/, () => '等待永远不会有的结果'],
  [
    /^goes (\d+) steps deep: does a function call itself without end\?$/,
    (steps) => `深达 ${steps} 步: 是否有函数无休止地调用自身？`,
  ],
  [
    /^has a picture of a number or a time that is too long or too wide$/,
    () => '数字或时间的格式过长或过宽',
  ],
  [
    /^asks \$toMillis for what it does not do here: each part once, as digits or a name, with no digits between them$/,
    () => '此处的 $toMillis 不支持该格式: 每个部分只出现一次，写成数字或名称，其间没有数字',
  ],
  [/^asks (\S+) for something that is too large$/, (name) => `要求 ${name} 处理的内容过大`],
  [/^encodes with \$base64encode what is not Latin-1$/, () => '$base64encode 的内容不是 Latin-1'],
  [/^matches what is no text$/, () => '用正则表达式匹配的不是文本'],
  [/^compares functions$/, () => '比较了函数'],
]

/** Of the sinks that write to Kafka. */
export const kafka: readonly Sentence[] = [
  [/^Kafka did not acknowledge the message in time$/, () => 'Kafka 没有及时确认消息'],
  [
    /^the sink was closed before Kafka acknowledged the message$/,
    () => '在 Kafka 确认消息之前，接收方已关闭',
  ],
  [/^the brokers did not answer within (\d+) ms$/, (ms) => `broker 在 ${ms} ms 内没有应答`],
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

/** Of those that do so by way of a REST API. */
export const kafkaRest: readonly Sentence[] = [
  [/^no delivery report came in time$/, () => '没有及时收到投递回执'],
  [
    /^the REST API has several clusters: set the sink's cluster_id$/,
    () => 'REST API 有多个集群: 请设置接收方的 cluster_id',
  ],
  [
    /^the answer is not that of a Kafka REST API \(v3\): correct the sink's url, which is what stands before \/v3$/,
    () => '应答并非来自 Kafka REST API (v3): 请修正接收方的 url，即 /v3 之前的部分',
  ],
  [
    /^topic (\S+) or the REST API takes no record of this size \(413\): raise the topic's max\.message\.bytes, and the limit of the REST API and of what stands before it$/,
    (topic) =>
      `topic ${topic} 或 REST API 不接受此大小的消息 (413): 请调大该 topic 的 max.message.bytes，以及 REST API 与其前置代理的上限`,
  ],
  [
    /^the REST API does not know the sink's credentials \((\d+)\): correct its username and password, or its token$/,
    (code) => `REST API 不认可接收方的凭据 (${code}): 请修正其 username 与 password，或其 token`,
  ],
  [
    /^the REST API is forbidden to the sink \(403\): let its credentials, and the address it comes from, use it$/,
    () => 'REST API 拒绝接收方访问 (403): 请允许其凭据与来源地址',
  ],
  [
    /^no REST API or no such cluster there \(404\): correct the sink's url, which is what stands before \/v3, and its cluster_id$/,
    () => '该处没有 REST API 或没有此集群 (404): 请修正接收方的 url (/v3 之前的部分) 与 cluster_id',
  ],
  [
    /^Kafka's REST API reports (\d+)(: .+)?$/s,
    (code, detail = '') => `Kafka REST API 报告 ${code}${detail}`,
  ],
]
