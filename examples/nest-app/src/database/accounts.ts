export const SEED_PASSWORD = 'clinic-password';
export const SEED_ADMIN = 'admin@lindenhof.test';
export const SEED_RECEPTION = 'reception@lindenhof.test';
