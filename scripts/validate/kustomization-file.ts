/** Paths of kustomization files, in the spellings that kustomize looks for. */
export const KUSTOMIZATION_FILE = /(^|\/)(kustomization\.ya?ml|Kustomization)$/;
