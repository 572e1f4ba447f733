import * as T from '@sinclair/typebox'

/** A text that may be absent, null or empty. */
export function text(description: string) {
  return T.Optional(T.Union([T.String(), T.Null()], { description }))
}

/** Unix time: a number in some events, digits in a text in others. */
export function time(description: string) {
  const digits = T.String({ pattern: '^[0-9]*$', examples: ['1502199207000'] })
  return T.Optional(T.Union([T.Number(), digits, T.Null()], { description }))
}

export function numberOrText(description: string) {
  return T.Optional(T.Union([T.Number(), T.String(), T.Null()], { description }))
}

/** What is a list in some captures and a text in others, or what nobody has described. */
export function anything(description: string) {
  return T.Optional(T.Unknown({ description }))
}

/** A version 1 event, which names its type, app and tenant itself. */
export function v1(description: string, fields: T.TProperties) {
  const frame = {
    type: text('The event type.'),
    app_id: text('The app that subscribed to it.'),
    tenant_key: text('The tenant in which it happened.'),
  }
  return T.Object({ ...frame, ...fields }, { description })
}

/** A version 2 event, whose type, app and tenant are in the header of its envelope. */
export function v2(description: string, fields: T.TProperties) {
  return T.Object(fields, { description })
}

/** A version 2 event that holds one `object`. */
export function v2Object(description: string, fields: T.TProperties) {
  const object = T.Object(fields, { description: 'What the event is about.' })
  return v2(description, { object: T.Optional(object) })
}

export const instance = {
  approval_code: text('Code of the approval definition.'),
  instance_code: text('Code of the approval instance.'),
}

export const span = {
  start_time: time('When the approval began, in Unix seconds.'),
  end_time: time('When it ended, in Unix seconds.'),
}

export const applicant = {
  open_id: text('Who asked for it, within the app.'),
  user_id: text('Who asked for it, within the tenant.'),
}

/** As older events call them. */
export const employee = {
  open_id: text('Who asked for it, within the app.'),
  employee_id: text('Who asked for it, within the tenant.'),
}
