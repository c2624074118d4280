import { Body, type PipeTransform } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { DiscoveryService } from '@nestjs/core';
import { IsString } from 'class-validator';
import { DomainError } from '../problems/domain-error.js';
import { BodyChecks, bodyCheckOf } from './body-checks.js';

class Dto {
  @IsString()
  name!: string;
}
const OWN: PipeTransform = { transform: (value: unknown) => value };

describe('checks of bodies', () => {
  class Controller {
    wrapped(@Body() _whole: Dto, @Body('part') _part: Dto, @Body(OWN) _own: Dto): void {}
    plain(@Body() _whole: Dto): void {}
  }
  Reflect.defineMetadata('design:paramtypes', [Dto, Dto, Dto], Controller.prototype, 'wrapped');
  Reflect.defineMetadata('design:paramtypes', [Dto], Controller.prototype, 'plain');
  const check = bodyCheckOf(Controller.prototype, 'wrapped');
  const found = { getControllers: () => [{ metatype: Controller }] } as unknown as DiscoveryService;
  // The second finds what the first has done.
  beforeAll(() => [new BodyChecks(found), new BodyChecks(found)]);

  it('come before the handler, for what is the body as it came', () => {
    expect(() => check([{ name: 1 }, 1, { name: 1 }])).toThrow(DomainError);
    expect(() => check([{ name: 'x' }, 1, { name: 1 }])).not.toThrow();
  });

  it('are a pipe for all other bodies, once and before those they have', () => {
    const pipesOf = (name: string) => {
      const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, Controller, name) as Record<
        string,
        { pipes: unknown[] }
      >;
      return ['3:0', '3:1', '3:2'].map((key) =>
        parameters[key]?.pipes.map((pipe) => (pipe === OWN ? 'own' : pipe!.constructor.name)),
      );
    };
    expect(pipesOf('wrapped')).toEqual([[], ['BodyPipe'], ['BodyPipe', 'own']]);
    expect(pipesOf('plain')).toEqual([['BodyPipe'], undefined, undefined]);
  });

  it.each([
    ['an interface, or a class imported as a type', Object, 'no class at run time'],
    ['a function type', Function, 'no class at run time'],
    ['a list', Array, 'no class at run time'],
    ['one member', String, 'no class at run time'],
    ['nothing that is known', undefined, 'no class at run time'],
    ['a class without rules', class Bare {}, 'Bare, which declares no rules'],
  ])('refuse the start, by name, where the body is %s', (_what, type, found) => {
    class Loans {
      lend(@Body() _body: unknown): void {}
    }
    Reflect.defineMetadata('design:paramtypes', [type], Loans.prototype, 'lend');
    const discovery = { getControllers: () => [{ metatype: Loans }] } as unknown as DiscoveryService;
    expect(() => new BodyChecks(discovery)).toThrow(`Loans.lend() has a @Body() of ${found}`);
  });
});
