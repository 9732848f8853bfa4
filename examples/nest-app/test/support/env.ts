import 'dotenv/config';

process.env.JWT_SECRET ??= 'only-for-the-e2e-tests';
