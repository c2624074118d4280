import { withParameter } from './link.js';

describe('a link', () => {
  it.each([
    ['/api/x', '/api/x?cursor=NEW_-'],
    ['/api/x?', '/api/x?cursor=NEW_-'],
    ['/api/x?limit=2', '/api/x?limit=2&cursor=NEW_-'],
    ['/api/x?cursor=OLD', '/api/x?cursor=NEW_-'],
    ['/api/x?cursor=OLD&limit=2', '/api/x?cursor=NEW_-&limit=2'],
    ['/api/x?limit=2&cursor=&sort=-name,id', '/api/x?limit=2&cursor=NEW_-&sort=-name,id'],
    // Neither another parameter that ends like it, nor one that is spelt in another way.
    ['/api/x?recursor=1', '/api/x?recursor=1&cursor=NEW_-'],
    ['/api/x?%63ursor=OLD', '/api/x?cursor=NEW_-'],
    // Characters that would end the link, or are not ASCII, are encoded.
    ["/api/x?filter=a>1?'b'", '/api/x?filter=a%3E1%3F%27b%27&cursor=NEW_-'],
    ['/api/x?filter=é', '/api/x?filter=%C3%A9&cursor=NEW_-'],
    ['/api/x?q=a+b', '/api/x?q=a+b&cursor=NEW_-'],
  ])('of %s is %s', (url, expected) => {
    expect(withParameter(url, 'cursor', 'NEW_-')).toBe(expected);
  });
});
