export { ExtractedUsersModule, UsersModule } from './users.module.js';
