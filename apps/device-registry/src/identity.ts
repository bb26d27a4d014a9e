export const serviceName = 'device-registry';
export const version = '0.1.0';
export const openApi = {
  title: 'Device registry',
  description: 'Tenants, sites, profiles, maintenance windows, devices, their credentials and their life.',
};
