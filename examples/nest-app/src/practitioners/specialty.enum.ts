export enum Specialty {
  General = 'general',
  Cardiology = 'cardiology',
  Dermatology = 'dermatology',
  Paediatrics = 'paediatrics',
  Physiotherapy = 'physiotherapy',
}
