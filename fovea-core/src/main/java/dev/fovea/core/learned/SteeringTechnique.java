package dev.fovea.core.learned;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Knobs;
import java.util.List;
import java.util.Map;

/**
 * A technique that adds vectors to hidden states, which are fitted once to a few pairs of answers and kept in a
 * {@link SteeringFile}. Its {@link #declaration} says what is in the file. Nothing is trained: a pair is looked at by
 * itself, and the vectors follow from what all of them showed.
 */
public interface SteeringTechnique extends LearnedTechnique {

    /**
     * What one pair shows.
     *
     * @param number of the pair, from 0: where chance plays a part it follows from this
     * @return by name rows for {@link #vectors}, and of {@link #FIGURES} one row of numbers for people; always the same names,
     *     each with as many rows and columns
     */
    Map<String, Matrix> rows(ContrastPair pair, long number, Knobs knobs);

    /**
     * The declared parameters.
     *
     * @param rows what all pairs showed, one below the other
     * @throws IllegalArgumentException with one sentence if nothing follows from them
     */
    Map<String, Matrix> vectors(Map<String, Matrix> rows, ModelShape shape, Knobs knobs);

    /** Knobs that are settled once vectors have been fitted: set otherwise, others would have been. */
    List<String> settled();

    /**
     * Values of knobs that are tried with the fitted vectors; the ones under which the preferred answers are likeliest go
     * into the file. Empty where there is nothing to try.
     */
    List<Map<String, String>> trials(Knobs knobs);

    /** The name under which {@link #rows} gives numbers for people; their names are {@link #figures}. */
    String FIGURES = "figures";

    /** What the numbers are that a pair gives for people, in order; their means go into the file. */
    List<String> figures();
}
