import { UpdateOf } from '../../../crud/dto/input.dto.js';
import { ResourceDto } from './resource.dto.js';

export class UpdateResourceDto extends UpdateOf(ResourceDto) {}
