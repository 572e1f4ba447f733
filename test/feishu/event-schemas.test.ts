import { describe, expect, test } from 'vitest'
import { compileValidators } from '../../src/config/validators.ts'
import type { JsonObject } from '../../src/core/event.ts'
import { eventSchemas } from '../../src/feishu/event-schemas.ts'

const validate = compileValidators(eventSchemas)

const copy: JsonObject = {
  app_id: 'cli_a0000000000000ff',
  tenant_key: '2d520d3b434f175e',
  type: 'approval_cc',
  approval_code: '7C468A54-8745-2245-9675-08B7C63E7A85',
  instance_code: '81D31358-93AF-92D6-7425-01A5D67C4E71',
  id: '12345',
  user_id: 'b613t51g',
  create_time: 1502199207000,
  operate: 'CREATE',
  from: 'b613t51g',
}

describe('approval_cc', () => {
  test.each<[string, JsonObject]>([
    ['as documented', {}],
    ['that was read', { operate: 'READ' }],
    ['with its time as a text', { create_time: '1502199207000' }],
    ['from nobody', { from: '' }],
    ['from null', { from: null }],
    ['with more than is known', { open_id: 'ou_x', generate_type: '', deep: { er: [1] } }],
  ])('takes one %s', (_, change) => {
    expect(validate('approval_cc', { ...copy, ...change })).toEqual([])
  })

  test('takes one with no more than its codes and what was done', () => {
    const { approval_code, instance_code, operate } = copy
    const data = { approval_code, instance_code, operate } as JsonObject
    expect(validate('approval_cc', data)).toEqual([])
  })

  test.each<[string, JsonObject, string]>([
    ['operate', { operate: 'DELETE' }, 'operate: must be one of CREATE, READ'],
    [
      'its case',
      { operate: 'create' },
      'operate: must be one of CREATE, READ; did you mean "CREATE"?',
    ],
    ['a list for operate', { operate: ['CREATE'] }, 'operate: must be one of CREATE, READ'],
    ['a number for a code', { approval_code: 7 }, 'approval_code: must be a string, not a number'],
    ['null for a code', { instance_code: null }, 'instance_code: must be a string, but is empty'],
    ['a time that is none', { create_time: 'noon' }, 'create_time: must look like 1502199207000'],
  ])('refuses %s', (_, change, problem) => {
    expect(validate('approval_cc', { ...copy, ...change })).toEqual([problem])
  })

  test('refuses one without what routes and receivers need', () => {
    expect(validate('approval_cc', {})).toEqual([
      'approval_code: is required',
      'instance_code: is required',
      'operate: is required',
    ])
  })
})

describe('other events', () => {
  test.each<[string, JsonObject]>([
    ['approval_instance', { status: 'PENDING', operate_time: '1502199207171' }],
    ['approval_instance', { status: 'REVERTED', operate_time: 1502199207171 }],
    ['approval_task', { open_id: '', user_id: null, generate_type: '', operate_time: '1' }],
    ['leave_approvalV2', { leave_detail: '[{a=1}]', i18n_resources: [], leave_unit: 'DAY' }],
    ['leave_approvalV2', { leave_detail: [['a', 'b']], leave_unit: 2 }],
    ['leave_approval_revert', { operate_time: 1502199207 }],
    ['work_approval', { work_multi_imitate_users: null, time_range: [{}], start_time: 1 }],
    ['approval.approval.updated_v4', { object: { timestamp: '1603977298000' } }],
    ['approval.instance.trip_group_update_v4', { object: { end_time: '16', trip_interval: '3' } }],
  ])('%s is taken in all its forms: %j', (type, data) => {
    expect(validate(type, data)).toEqual([])
  })

  test('may lack everything', () => {
    for (const type of Object.keys(eventSchemas)) {
      if (type !== 'approval_cc') expect(validate(type, {}), type).toEqual([])
    }
  })
})

test('every event and every field is described', () => {
  for (const [type, schema] of Object.entries(eventSchemas)) {
    expect(schema.description, type).toBeTruthy()
    for (const [name, field] of Object.entries<JsonObject>(schema.properties)) {
      expect(field.description, `${type}.${name}`).toBeTruthy()
    }
  }
})
