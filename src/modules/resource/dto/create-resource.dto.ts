import { CreateOf } from '../../../crud/dto/input.dto.js';
import { ResourceDto } from './resource.dto.js';

export class CreateResourceDto extends CreateOf(ResourceDto) {}
