import type { Words } from './language.ts'
import type { Section } from './visit.ts'

interface FrameWords {
  readonly skip: string
  readonly sections: Readonly<Record<Section, string>>
  readonly rejected: string
  readonly navigation: string
  readonly logOut: string
  readonly viewer: string
  readonly otherLanguage: string
  readonly timeZone: string
  readonly login: {
    readonly title: string
    readonly token: string
    readonly hint: string
    readonly submit: string
    readonly wrong: string
    readonly undone: string
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
    rejected: 'rejected',
    navigation: 'Pages',
    logOut: 'Log out',
    viewer: 'read only',
    otherLanguage: '中文',
    timeZone: 'Time zone:',
    login: {
      title: 'Log in',
      token: 'Token',
      hint: 'The gateway’s ADMIN_TOKEN, or its VIEWER_TOKEN to look only.',
      submit: 'Log in',
      wrong: 'That is not the token.',
      undone: 'What you sent was not done: the session had ended. Log in, and send it again.',
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
    rejected: '被拒绝',
    navigation: '页面',
    logOut: '退出登录',
    viewer: '只读',
    otherLanguage: 'English',
    timeZone: '时区',
    login: {
      title: '登录',
      token: '令牌',
      hint: '网关的 ADMIN_TOKEN；只查看可用 VIEWER_TOKEN。',
      submit: '登录',
      wrong: '令牌不对。',
      undone: '刚才提交的操作没有执行：会话已结束。请登录后重新提交。',
      tooMany: (seconds) => `错误次数过多，请 ${seconds} 秒后再试。`,
    },
    wentWrong: '操作没有成功',
    foreignForm: '此表单不是来自您的页面，请重新加载页面。',
    forAdmins: '只读令牌不能进行更改。',
    noSuchPage: '此地址没有页面。',
    back: '返回',
  },
}
