import { Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { NAME, VERSION } from '../config/version.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import { DatabaseState } from '../database/database-state.js';
import { HTML_TYPE, JSON_TYPE } from '../http/media-types.js';
import { negotiate } from '../http/negotiation.js';
import { page } from '../problems/page.js';
import { Draining } from '../runtime/draining.js';
import { frontPage, requestsTo, type Front } from './front-page.js';
import { RootController } from '../http/root-controller.decorator.js';

const OFFERS = [JSON_TYPE, HTML_TYPE];
const LINKS = {
  'the reference, to read and to try': '/docs',
  'changes as they happen': '/docs/live',
  'the reference for programs': '/openapi.json',
  'what each problem means': '/problems',
  'what runs here': '/version',
};
const MANAGEMENT = { 'how it is': '/health', 'metrics, with the scope for them': '/metrics' };
/** Text that may stand between quotes in a command. */
const HOST = /^[\w.:[\]-]+$/;

interface Version {
  readonly name: string;
  readonly version: string;
  /** Null where nobody has said it. */
  readonly commit: string | null;
  readonly node: string;
}

/** The first that somebody sees who has nothing but the address. */
@RootController()
export class FrontController {
  constructor(
    private readonly config: Config,
    private readonly registry: ModuleRegistry,
    private readonly state: DatabaseState,
    private readonly draining: Draining,
  ) {}

  @Get('version')
  version(): Version {
    return { name: NAME, version: VERSION, commit: this.config.commit, node: process.versions.node };
  }

  /** For a program JSON, for a person a page. */
  @Get()
  @RouteConfig({ offers: OFFERS })
  front(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Front | string {
    const front = this.frontFor(request);
    if (negotiate(request.headers.accept, OFFERS) === JSON_TYPE) return front;
    void reply.headers({ 'content-type': HTML_TYPE, 'content-security-policy': page.policy });
    return frontPage(front);
  }

  private frontFor({ protocol, host }: FastifyRequest): Front {
    const { commit, http, access } = this.config;
    const origin = `${protocol}://${HOST.test(host) ? host : `127.0.0.1:${http.port}`}`;
    const listed = this.registry.all().find(({ model }) => this.isForAll(model.name, model.stage.level));
    const needsKey = access.keys || access.jwt !== null;
    return {
      name: NAME,
      version: VERSION,
      commit,
      state: this.draining.isDraining ? 'draining' : this.state.isWritable ? 'ready' : this.state.status,
      links: { ...LINKS, ...(!http.management && MANAGEMENT) },
      requests: listed ? requestsTo(origin, listed.model.name, needsKey) : [],
    };
  }

  /** An alpha module is only there for some. */
  private isForAll(name: string, stage: string): boolean {
    return stage !== 'alpha' && this.registry.has(name, 'list');
  }
}
