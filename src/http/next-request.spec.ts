import { BusyPoll } from '../process/busy-poll.js';
import { NextRequest } from './next-request.js';

describe('the next request', () => {
  it('is waited for from the last answer on, while no other request is under way', () => {
    const calls: string[] = [];
    for (const name of ['begin', 'end'] as const)
      import.meta.jest.spyOn(BusyPoll.prototype, name).mockImplementation(() => void calls.push(name));
    const next = new NextRequest(0.1);
    expect(calls.splice(0)).toEqual(['begin']);
    next.came();
    expect(calls.splice(0)).toEqual(['end']);
    next.came();
    next.answered();
    expect(calls).toEqual([]);
    next.answered();
    expect(calls).toEqual(['begin']);
    import.meta.jest.restoreAllMocks();
  });
});
