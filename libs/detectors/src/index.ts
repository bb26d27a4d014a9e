export { DetectorError } from './detectors.errors.js';
export { type Direction, maxDeviation, maxMagnitude, type Model } from './model.js';
export type { Creation, ModelContext, ModelKind } from './model-kind.js';
export type { ParameterFault, Parameter, Parameters } from './parameters.js';
export { createModel, modelKinds, type ModelType } from './model-kinds.js';
export { peerGroup, type PeerModel } from './peer-group.js';
export { type PeerRoundModel, peerRound } from './peer-round.js';
export { type Crossing, type ForecastModel, limitForecast } from './limit-forecast.js';
