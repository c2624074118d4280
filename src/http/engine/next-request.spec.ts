import { BusyPoll } from '../../runtime/busy-poll.js';
import { NextRequest } from './next-request.js';

describe('the next request', () => {
  it('is waited for from the answer to a read on, while no other request is under way', () => {
    const calls: string[] = [];
    for (const name of ['begin', 'end'] as const)
      import.meta.jest.spyOn(BusyPoll.prototype, name).mockImplementation(() => void calls.push(name));
    const next = new NextRequest(0.1);
    next.came();
    next.came();
    next.answered('GET');
    expect(calls).toEqual([]);
    next.answered('GET');
    expect(calls.splice(0)).toEqual(['begin']);
    next.came();
    next.came();
    expect(calls.splice(0)).toEqual(['end']);
    next.answered('GET');
    next.answered('POST');
    next.came();
    expect(calls).toEqual([]);
    import.meta.jest.restoreAllMocks();
  });
});
