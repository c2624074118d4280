import { Subject, subjectOf } from './subject.decorator.js';

describe('the subject of a resource', () => {
  @Subject()
  class Person {
    id!: string;
  }
  class Visit {
    @Subject()
    person_id!: string;
  }

  it('is a member, or the row itself', () => {
    expect(subjectOf(Visit)).toBe('person_id');
    expect(subjectOf(Person)).toBe('id');
    expect(subjectOf(class Employee extends Person {})).toBe('id');
    expect(subjectOf(class Stone {})).toBeUndefined();
  });

  it('is one only', () => {
    expect(() => {
      class Call {
        @Subject()
        from!: string;
        @Subject()
        to!: string;
      }
      return Call;
    }).toThrow('Call has two subjects');
  });
});
