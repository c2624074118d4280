import { Get, Header, Param } from '@nestjs/common';
import { DomainError } from '../problems/domain-error.js';
import { problemType, problemTypes } from '../problems/problem.catalogue.js';
import { page } from '../problems/page.js';
import { RootController } from './root-controller.decorator.js';

/** The pages behind a problem's `type`. */
@RootController('problems')
export class ProblemPagesController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', page.policy)
  list(): string {
    const rows = [...problemTypes()].map(
      ([code, { status, title }]) =>
        `<tr><td>${status}</td><td><a href="/problems/${code}">${code}</a></td><td>${page.escape(title)}</td></tr>`,
    );
    return page.html('Problems', `<h1>Problems</h1><table>${rows.join('')}</table>`);
  }

  @Get(':code')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', page.policy)
  read(@Param('code') code: string): string {
    const type = problemType(code);
    if (!type) throw new DomainError('route-not-found', 'There is no such problem.');
    const title = page.escape(type.title);
    return page.html(
      title,
      `<p><a href="/problems">All problems</a></p><h1>${title}</h1>
       <p><code>${code}</code> · HTTP ${type.status}</p><p>${page.escape(type.explanation)}</p>`,
    );
  }
}
