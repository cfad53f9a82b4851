package dev.fovea.core.learned;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * The parameters of a technique: their names, shapes and initial values, all f32.
 *
 * @param parameters in order, no name twice
 */
public record Declaration(List<Parameter> parameters) {

    /** How a parameter starts. */
    public sealed interface Start {
        /** Independent normal numbers around 0. */
        record Normal(double std) implements Start {}

        /** Independent numbers between {@code -bound} and {@code bound}, all equally likely. */
        record Uniform(double bound) implements Start {}

        /** One value everywhere. */
        record Constant(double value) implements Start {}

        /**
         * Of a matrix {@code [out, n * out]}: what takes {@code n} vectors beside each other to their mean, unit matrices
         * divided by {@code n}.
         */
        record Mean() implements Start {}

        /** These values, row after row. */
        @SuppressWarnings("ArrayRecordComponent") // copied into the parameter; never compared
        record Values(float[] values) implements Start {}

        /**
         * The values of a tensor of the model, of the same shape.
         *
         * @param tensor its canonical name
         * @param otherwise where the model has none of that name, or no model is at hand
         */
        record Copy(String tensor, Start otherwise) implements Start {}
    }

    /** One parameter. */
    public record Parameter(String name, List<Long> shape, Start start) {
        public Parameter {
            shape = List.copyOf(shape);
        }

        /** Its dimensions. */
        public long[] sizes() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }

        /** Its number of values. */
        public long size() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }

        /** Its initial values, row after row; they depend on the seed and its name alone. */
        public float[] initial(long seed) {
            float[] data = new float[Math.toIntExact(size())];
            switch (known()) {
                case Start.Values given -> System.arraycopy(given.values(), 0, data, 0, data.length);
                case Start.Copy ignored -> throw new IllegalStateException("A copy starts as a copy");
                case Start.Constant constant -> Arrays.fill(data, (float) constant.value());
                case Start.Mean ignored -> {
                    int out = Math.toIntExact(shape.get(0));
                    int in = Math.toIntExact(shape.get(1));
                    for (int row = 0; row < out; row++) {
                        for (int col = row; col < in; col += out) {
                            data[row * in + col] = (float) out / in;
                        }
                    }
                }
                case Start.Normal normal -> {
                    SplittableRandom random = random(seed);
                    for (int i = 0; i < data.length; i++) {
                        data[i] = (float) (normal.std() * random.nextGaussian());
                    }
                }
                case Start.Uniform uniform -> {
                    SplittableRandom random = random(seed);
                    for (int i = 0; i < data.length; i++) {
                        data[i] = (float) (uniform.bound() * (2 * random.nextDouble() - 1));
                    }
                }
            }
            return data;
        }

        /** How it starts where there is no model to copy from. */
        private Start known() {
            Start known = start;
            while (known instanceof Start.Copy copy) {
                known = copy.otherwise();
            }
            return known;
        }

        private Parameter startingFrom(Weights model) {
            if (!(start instanceof Start.Copy copy)) {
                return this;
            }
            if (!model.contains(copy.tensor())) {
                return new Parameter(name, shape, copy.otherwise()).startingFrom(model);
            }
            return new Parameter(name, shape, new Start.Values(Tensors.floats(model.tensor(copy.tensor(), sizes()))));
        }

        private SplittableRandom random(long seed) {
            return new SplittableRandom(seed ^ (name.hashCode() * 0x9E3779B97F4A7C15L));
        }
    }

    public Declaration {
        parameters = List.copyOf(parameters);
        Set<String> names = new HashSet<>();
        for (Parameter p : parameters) {
            if (!names.add(p.name())) {
                throw new IllegalArgumentException("The parameter '" + p.name() + "' is declared twice");
            }
        }
    }

    /**
     * The same with the values of a model's tensors where parameters start as copies of them.
     *
     * @throws RuntimeException with one sentence if a tensor has another shape
     */
    public Declaration startingFrom(Weights model) {
        return new Declaration(
                parameters.stream().map(p -> p.startingFrom(model)).toList());
    }

    /** Number of values of all parameters. */
    public long size() {
        return parameters.stream().mapToLong(Parameter::size).sum();
    }

    /** Begins a declaration. */
    public static Builder begin() {
        return new Builder();
    }

    /** Collects parameters. */
    public static final class Builder {
        private final List<Parameter> parameters = new ArrayList<>();

        private Builder() {}

        /** A parameter that starts as normal numbers around 0. */
        public Builder normal(String name, double std, long... shape) {
            return add(name, new Start.Normal(std), shape);
        }

        /** A matrix {@code [out, in]} that starts as Glorot and Bengio (2010, equation 16) have it, "Xavier uniform". */
        public Builder xavier(String name, long out, long in) {
            return add(name, new Start.Uniform(Math.sqrt(6.0 / (in + out))), out, in);
        }

        /** A matrix {@code [width, n * width]} that starts by taking {@code n} vectors to their mean. */
        public Builder mean(String name, long width, long n) {
            return add(name, new Start.Mean(), width, n * width);
        }

        /** A parameter that starts as numbers between {@code -bound} and {@code bound}. */
        public Builder uniform(String name, double bound, long... shape) {
            return add(name, new Start.Uniform(bound), shape);
        }

        /** {@code NAME.weight} and {@code NAME.bias [width]} of a layer norm that starts as the norm alone. */
        public Builder layerNorm(String name, long width) {
            return constant(name + ".weight", 1, width).constant(name + ".bias", 0, width);
        }

        /** A parameter that starts as the model's tensor of this canonical name, or else as normal numbers around 0. */
        public Builder copy(String name, String tensor, double std, long... shape) {
            return add(name, new Start.Copy(tensor, new Start.Normal(std)), shape);
        }

        /** {@code NAME.weight [width]} of an RMS norm that starts as the model's tensor, or else as the norm alone. */
        public Builder copiedRmsNorm(String name, String tensor, long width) {
            return add(name + ".weight", new Start.Copy(tensor, new Start.Constant(1)), width);
        }

        /** A parameter that starts with one value everywhere. */
        public Builder constant(String name, double value, long... shape) {
            return add(name, new Start.Constant(value), shape);
        }

        /** {@code name.weight [out, in]}, normal with a deviation of {@code 1 / sqrt(in)}, and {@code name.bias [out]}, 0. */
        public Builder linear(String name, long out, long in) {
            return normal(name + ".weight", 1 / Math.sqrt(in), out, in).constant(name + ".bias", 0, out);
        }

        private Builder add(String name, Start start, long... shape) {
            parameters.add(new Parameter(name, Arrays.stream(shape).boxed().toList(), start));
            return this;
        }

        /** What was collected. */
        public Declaration build() {
            return new Declaration(parameters);
        }
    }
}
