import { ResourceModule } from './resource/resource.module.js';
import { SpecificationModule } from './specification/specification.module.js';

/** One line for each module: the application, the migrations, the tools and the tests read it. */
export const modules = [ResourceModule, SpecificationModule];
