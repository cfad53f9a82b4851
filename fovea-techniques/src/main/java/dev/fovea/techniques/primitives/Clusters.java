package dev.fovea.techniques.primitives;

/**
 * A partition of tokens.
 *
 * @param centres for each cluster the token that stands for it; -1 if the cluster is empty
 * @param assignment for each token the number of its cluster
 */
@SuppressWarnings("ArrayRecordComponent")
public record Clusters(int[] centres, int[] assignment) {

    /** The tokens of one cluster, ascending. */
    public int[] members(int cluster) {
        int count = 0;
        for (int a : assignment) {
            count += a == cluster ? 1 : 0;
        }
        int[] members = new int[count];
        for (int i = 0, m = 0; i < assignment.length; i++) {
            if (assignment[i] == cluster) {
                members[m++] = i;
            }
        }
        return members;
    }
}
