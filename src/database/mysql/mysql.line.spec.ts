import { Socket } from 'node:net';
import { lineOf } from './mysql.line.js';

describe('a line in plain text', () => {
  it.each([
    ['127.0.0.1', false],
    ['127.3.2.1', false],
    ['::1', false],
    ['::ffff:127.0.0.1', false],
    ['10.0.0.5', true],
    ['192.168.127.1', true],
    ['fd00::1', true],
    ['::ffff:10.1.2.3', true],
    [undefined, true],
  ])('to %s is exposed: %s', (remoteAddress, isExposed) => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
    expect(lineOf(socket, null)).toEqual({ text: 'in plain text', isExposed });
  });
});
