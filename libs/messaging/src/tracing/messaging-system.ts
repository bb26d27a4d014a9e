/** `messaging.system` of everything here. */
export const messagingSystem = 'kafka';
