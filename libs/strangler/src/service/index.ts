export { runService, startService, type Service, type ServiceOptions } from '../nest/run-service.js';
