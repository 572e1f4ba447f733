import { type TProperties, Type } from '@sinclair/typebox'

/** A text that may be absent, null or empty. */
export function text(description: string) {
  return Type.Optional(Type.Union([Type.String(), Type.Null()], { description }))
}

/** Unix time: a number in some events, digits in a text in others. */
export function time(description: string) {
  const digits = Type.String({ pattern: '^[0-9]*$', examples: ['1502199207000'] })
  return Type.Optional(Type.Union([Type.Number(), digits, Type.Null()], { description }))
}

export function numberOrText(description: string) {
  return Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Null()], { description }))
}

/** What is a list in some captures and a text in others, or what nobody has described. */
export function anything(description: string) {
  return Type.Optional(Type.Unknown({ description }))
}

/** A version 1 event, which names its type, app and tenant itself. */
export function v1(description: string, fields: TProperties) {
  const frame = {
    type: text('The event type.'),
    app_id: text('The app that subscribed to it.'),
    tenant_key: text('The tenant in which it happened.'),
  }
  return Type.Object({ ...frame, ...fields }, { description })
}

/** A version 2 event, whose type, app and tenant are in the header of its envelope. */
export function v2(description: string, fields: TProperties) {
  return Type.Object(fields, { description })
}

/** A version 2 event that holds one `object`. */
export function v2Object(description: string, fields: TProperties) {
  const object = Type.Object(fields, { description: 'What the event is about.' })
  return v2(description, { object: Type.Optional(object) })
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
