import { Caller } from '../../access/caller.js';
import { Field } from '../../fields/field.decorator.js';
import { answered, stillShown } from './own-answer.js';

class Quote {
  @Field({ type: 'integer' })
  price!: number;

  @Field({ type: 'integer', readable: 'loan:margin' })
  margin!: number;

  @Field({ type: 'string', readable: false, writable: true })
  secret!: string;
}

describe("an answer of a module's own", () => {
  const [few, many] = [new Caller('few', []), new Caller('many', ['loan:margin'])];
  const quote = { price: 1, margin: 2, secret: 'x', other: 3 };

  it('has the members that are declared, as far as the caller may have them', () => {
    expect(answered(Quote, quote, few)).toEqual({ price: 1 });
    expect(answered(Quote, quote, many)).toEqual({ price: 1, margin: 2 });
    expect(answered([Quote], [quote, {}], many)).toEqual([{ price: 1, margin: 2 }, { price: null, margin: null }]); // prettier-ignore
  });

  it('is given again without what the caller may not have any more, and with nothing that they had not', () => {
    const stored = answered(Quote, quote, many);
    expect(stillShown(Quote, stored, few)).toEqual({ price: 1 });
    expect(stillShown(Quote, { price: 1 }, many)).toEqual({ price: 1 });
    expect(stillShown([Quote], [stored], few)).toEqual([{ price: 1 }]);
  });
});
