// Each change of a project's state is told once, whatever order the events come in.
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AlertState, alertAfter, type ProjectEvent } from '../../../domain/project-alert.ts';

const EVENTS: ProjectEvent[] = ['completed', 'failed', 'paused', 'cancelled', 'overdue'];

function told(events: ProjectEvent[]): (string | null)[] {
  let state: AlertState | null = null;
  return events.map((event) => {
    const change = alertAfter(state, event);
    state = change.state;
    return change.tell?.replace(/^sync\.(run|project)\./, '') ?? null;
  });
}

it.each<[ProjectEvent[], (string | null)[]]>([
  [
    ['completed', 'completed'],
    [null, null],
  ],
  [
    ['failed', 'failed', 'completed', 'completed'],
    ['failed', null, 'recovered', null],
  ],
  [
    ['failed', 'cancelled', 'failed'],
    ['failed', null, null],
  ],
  [
    ['failed', 'paused', 'failed'],
    ['failed', 'paused', 'failed'],
  ],
  [
    ['paused', 'paused', 'completed'],
    ['paused', null, 'recovered'],
  ],
  // Each run that waits for a person is told, once the one before has been given up.
  [
    ['paused', 'cancelled', 'paused', 'cancelled', 'completed'],
    ['paused', null, 'paused', null, 'recovered'],
  ],
  [
    ['failed', 'overdue', 'overdue', 'completed'],
    ['failed', null, null, 'recovered'],
  ],
  [
    ['overdue', 'overdue', 'failed', 'completed'],
    ['overdue', null, 'failed', 'recovered'],
  ],
  [
    ['paused', 'cancelled', 'overdue'],
    ['paused', null, 'overdue'],
  ],
  [['cancelled'], [null]],
])('%j tells %j', (events, expected) => {
  expect(told(events)).toEqual(expected);
});

it('tells nothing twice in a row, and no recovery without trouble', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 30 }), (events) => {
      const messages = told(events).filter((message) => message !== null);
      expect(messages[0]).not.toBe('recovered');
      for (const [index, message] of messages.entries()) {
        const before = messages[index - 1];
        if (message === 'recovered' || message === 'failed') expect(before).not.toBe(message);
      }
    }),
  );
});
