import { CrudDto } from './dto/crud.dto.js';
import { Field } from './field.decorator.js';
import { compileRules } from './field.rules.js';
import { fieldsOf } from './fields.js';

class GaugeDto extends CrudDto {
  @Field({ type: 'integer', writable: true })
  plain!: number;

  @Field({ type: 'integer', writable: true, minimum: 0 })
  positive!: number;

  @Field({ type: 'integer', writable: true, minimum: -5_000_000_000, maximum: 5_000_000_000 })
  long!: number;
}

describe('the range of an integer that can be written', () => {
  const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
  it.each([
    ['plain', least, most],
    ['positive', 0, most],
    ['long', -5_000_000_000, 5_000_000_000],
  ])('%s: %d to %d', (name, from, to) => {
    const violation = compileRules(fieldsOf(GaugeDto).find(name)!.rules!);
    for (const good of [from, 0, to]) expect(violation(good)).toBeNull();
    for (const bad of [from - 1, to + 1]) expect(violation(bad)).toMatchObject({ code: 'out-of-range' });
    expect(violation(1.5)).toMatchObject({ code: 'wrong-type' });
  });
});
