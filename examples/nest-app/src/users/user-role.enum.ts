export enum UserRole {
  Admin = 'admin',
  Reception = 'reception',
  Practitioner = 'practitioner',
}
