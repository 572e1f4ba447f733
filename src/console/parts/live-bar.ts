import { html } from 'hono/html'
import type { Html } from '../html.ts'
import type { Language, Words } from '../language.ts'

/** How a page is kept up to date, of which live.js shows one. */
interface LiveWords {
  /** It was taken anew at the moment that follows. */
  readonly fresh: string
  readonly tail: string
  readonly paused: string
  readonly away: string
  readonly out: string
  readonly pause: string
  readonly goOn: string
}

export const liveWords: Words<LiveWords> = {
  en: {
    fresh: 'As of',
    tail: 'Live: new events come in on top',
    paused: 'Paused',
    away: 'The gateway does not answer; trying again. As of',
    out: 'Logged out: load the page anew to log in. As of',
    pause: 'Pause',
    goOn: 'Go on',
  },
  zh: {
    fresh: '数据截至',
    tail: '实时：新事件显示在最上方',
    paused: '已暂停',
    away: '网关没有响应，正在重试。数据截至',
    out: '登录已失效，请重新加载页面登录。数据截至',
    pause: '暂停',
    goOn: '继续',
  },
}

/** Of what moment a page is, and whether it goes on; nothing where nothing on it is live. */
export function liveBar(language: Language): Html {
  const { fresh, tail, paused, away, out, pause, goOn } = liveWords[language]
  return html`<p id="live" class="live" hidden>
<span role="status" data-fresh="${fresh}" data-tail="${tail}" data-paused="${paused}" data-away="${away}" data-out="${out}"></span>
<time></time>
<button type="button" data-pause="${pause}" data-go-on="${goOn}" hidden>${pause}</button>
</p>`
}
