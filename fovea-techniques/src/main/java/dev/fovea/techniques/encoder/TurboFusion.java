package dev.fovea.techniques.encoder;

/**
 * How redundancy and semantic value become a merge priority (larger merges earlier).
 *
 * @param form {@code s1} to {@code s4}
 * @param coefficient of the semantic value
 * @param beta base of {@code s4}
 * @param gamma block at which {@code s4} is weighted fully
 */
record TurboFusion(String form, double coefficient, double beta, double gamma) {
    float priority(float redundancy, float semantic, int block) {
        return (float)
                switch (form) {
                    case "s2" -> redundancy / semantic;
                    case "s3" -> redundancy * (1 - coefficient * semantic);
                    case "s4" -> redundancy - Math.pow(beta, Math.abs(gamma - block)) * coefficient * semantic;
                    default -> redundancy - coefficient * semantic;
                };
    }
}
