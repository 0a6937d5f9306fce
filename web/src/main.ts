import { start } from './app.ts';
import './ui/rh_app.ts';

start();
