// `npm run dev`
import { develop } from '../src/process/dev.ts';

develop(process.env);
