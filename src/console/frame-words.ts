import type { Words } from './language.ts'
import type { Section } from './visit.ts'

interface FrameWords {
  readonly skip: string
  readonly sections: Readonly<Record<Section, string>>
  readonly navigation: string
  readonly logOut: string
  readonly viewer: string
  readonly otherLanguage: string
  readonly timesAre: string
  readonly login: {
    readonly title: string
    readonly token: string
    readonly hint: string
    readonly submit: string
    readonly wrong: string
    readonly tooMany: (seconds: number) => string
  }
  readonly wentWrong: string
  readonly foreignForm: string
  readonly forAdmins: string
  readonly noSuchPage: string
  readonly back: string
}

export const frameWords: Words<FrameWords> = {
  en: {
    skip: 'Skip to the content',
    sections: {
      overview: 'Overview',
      events: 'Events',
      dead: 'Dead letters',
      sinks: 'Sinks',
      routes: 'Routes',
      problems: 'Config',
    },
    navigation: 'Pages',
    logOut: 'Log out',
    viewer: 'read only',
    otherLanguage: '中文',
    timesAre: 'Times are UTC; with JavaScript, your own.',
    login: {
      title: 'Log in',
      token: 'Token',
      hint: 'The gateway’s ADMIN_TOKEN, or its VIEWER_TOKEN to look only.',
      submit: 'Log in',
      wrong: 'That is not the token.',
      tooMany: (seconds) => `Too many wrong tokens. Try again in ${seconds} s.`,
    },
    wentWrong: 'That did not work',
    foreignForm: 'This form is not from a page of yours: load the page anew.',
    forAdmins: 'The viewer’s token changes nothing.',
    noSuchPage: 'There is no page at this address.',
    back: 'Back',
  },
  zh: {
    skip: '跳到正文',
    sections: {
      overview: '概览',
      events: '事件',
      dead: '死信',
      sinks: '接收方',
      routes: '路由',
      problems: '配置',
    },
    navigation: '页面',
    logOut: '退出登录',
    viewer: '只读',
    otherLanguage: 'English',
    timesAre: '时间为 UTC；启用 JavaScript 后显示本地时间。',
    login: {
      title: '登录',
      token: '令牌',
      hint: '网关的 ADMIN_TOKEN；只查看可用 VIEWER_TOKEN。',
      submit: '登录',
      wrong: '令牌不对。',
      tooMany: (seconds) => `错误次数过多，请 ${seconds} 秒后再试。`,
    },
    wentWrong: '操作没有成功',
    foreignForm: '此表单不是来自您的页面，请重新加载页面。',
    forAdmins: '只读令牌不能进行更改。',
    noSuchPage: '此地址没有页面。',
    back: '返回',
  },
}
