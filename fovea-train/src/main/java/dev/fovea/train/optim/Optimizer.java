package dev.fovea.train.optim;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101) over flat parameters, with gradient clipping; hidden matrices may
 * instead take orthogonalised momentum steps (Muon, Jordan 2024), which need fewer samples here.
 */
public final class Optimizer implements AutoCloseable {

    /**
     * Settings.
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param eps added to the root of the second moment
     * @param weightDecay decoupled weight decay on matrices and tables
     * @param clip largest allowed norm of the whole gradient
     * @param muon factor on the learning rate for orthogonalised updates of hidden matrices; 0 = plain AdamW everywhere
     * @param precision in which those updates are computed; bf16 is enough for a direction
     */
    public record Settings(
            double beta1, double beta2, double eps, double weightDecay, double clip, double muon, Precision precision) {
        public static Settings adamW() {
            return new Settings(0.9, 0.98, 1e-8, 0.01, 1.0, 0, Precision.F32);
        }

        /** The same where nothing decays. */
        public Settings withoutDecay() {
            return new Settings(beta1, beta2, eps, 0, clip, muon, precision);
        }

        public Settings withMuon(double factor) {
            return new Settings(beta1, beta2, eps, weightDecay, clip, factor, precision);
        }
    }

    private static final double MOMENTUM = 0.95;

    private final Parameters parameters;
    private final Settings settings;
    private final Tensor first;
    private final Tensor second;
    private final Tensor rate;
    private final Tensor decay;
    private final Map<List<Long>, List<Parameters.Entry>> orthogonal = new LinkedHashMap<>();
    private long step;

    /**
     * @param parameters what to train
     * @param settings how
     * @param trainable which entries move; the others keep their values
     */
    public Optimizer(Parameters parameters, Settings settings, Predicate<Parameters.Entry> trainable) {
        this.parameters = parameters;
        this.settings = settings;
        long n = parameters.size();
        try (Scope scope = Scope.inference()) {
            first = scope.keep(Tensors.zeros(DType.F32, n));
            second = scope.keep(Tensors.zeros(DType.F32, n));
            Predicate<Parameters.Entry> adam = e -> trainable.test(e) && !isOrthogonal(e);
            rate = scope.keep(Tensors.of(parameters.mask(adam, 1, 0), n));
            decay = scope.keep(Tensors.of(
                    parameters.mask(e -> trainable.test(e) && e.decays(), (float) settings.weightDecay(), 0), n));
        }
        for (Parameters.Entry e : parameters.entries()) {
            if (trainable.test(e) && isOrthogonal(e)) {
                List<Long> shape = List.of(e.shape()[0], e.size() / e.shape()[0]);
                orthogonal.computeIfAbsent(shape, k -> new ArrayList<>()).add(e);
            }
        }
    }

    private boolean isOrthogonal(Parameters.Entry e) {
        return settings.muon() > 0 && e.hidden();
    }

    /**
     * One step from the accumulated gradients, which are then zeroed.
     *
     * @param lr learning rate
     * @return the norm of the gradient before clipping; with a norm that is not finite the step counts, so that the
     *     next one meets the next batch, but changes nothing
     */
    public double step(double lr) {
        try (Scope scope = Scope.inference()) {
            Tensor g = parameters.gradients();
            double norm = g.norm().item_float();
            step++;
            if (Double.isFinite(norm)) {
                if (norm > settings.clip()) {
                    g.mul_(scalar(settings.clip() / norm));
                }
                parameters.values().addcmul_(parameters.values(), decay, scalar(-lr));
                adam(g, lr);
                orthogonal.values().forEach(alike -> orthogonalised(alike, g, lr * settings.muon()));
            }
            parameters.zeroGradients();
            return norm;
        }
    }

    private void adam(Tensor g, double lr) {
        double c1 = 1 - Math.pow(settings.beta1(), step);
        double c2 = 1 - Math.pow(settings.beta2(), step);
        first.mul_(scalar(settings.beta1())).add_(g, scalar(1 - settings.beta1()));
        second.mul_(scalar(settings.beta2())).addcmul_(g, g, scalar(1 - settings.beta2()));
        Tensor root = second.sqrt().mul_(scalar(1 / Math.sqrt(c2))).add_(scalar(settings.eps()));
        parameters.values().addcdiv_(first.mul(rate), root, scalar(-lr / c1));
    }

    /** Nesterov momentum, then orthogonal updates of all matrices of one shape together. */
    private void orthogonalised(List<Parameters.Entry> alike, Tensor gradients, double lr) {
        long rows = alike.getFirst().shape()[0];
        long cols = alike.getFirst().size() / rows;
        Tensor[] updates = new Tensor[alike.size()];
        for (int i = 0; i < updates.length; i++) {
            Parameters.Entry e = alike.get(i);
            // adam() has just folded the gradient into the first moment; that running mean is the momentum.
            Tensor g = gradients.narrow(0, e.offset(), e.size());
            Tensor momentum = first.narrow(0, e.offset(), e.size());
            updates[i] =
                    momentum.mul(scalar(MOMENTUM)).add_(g, scalar(1 - MOMENTUM)).view(1, rows, cols);
        }
        Tensor directions = orthogonalise(Tensors.cat(0, updates), settings.precision());
        double scale = Math.sqrt(Math.max(1.0, (double) rows / cols));
        for (int i = 0; i < updates.length; i++) {
            Parameters.Entry e = alike.get(i);
            Tensor values = parameters.values().narrow(0, e.offset(), e.size());
            values.add_(directions.select(0, i).reshape(-1), scalar(-lr * scale));
        }
    }

    /** Nearest semi-orthogonal matrices of {@code [matrices, rows, cols]}, by five quintic Newton-Schulz iterations. */
    static Tensor orthogonalise(Tensor m, Precision precision) {
        boolean tall = m.size(1) > m.size(2);
        Tensor x = tall ? m.transpose(1, 2) : m;
        Tensor norms = x.square()
                .sum(new long[] {1, 2}, true, new ScalarTypeOptional())
                .sqrt()
                .add(scalar(1e-7));
        x = precision.to(x.div(norms).contiguous());
        for (int i = 0; i < 5; i++) {
            Tensor a = x.bmm(x.transpose(1, 2));
            Tensor b = a.mul(scalar(-4.7750)).add_(a.bmm(a), scalar(2.0315));
            x = x.mul(scalar(3.4445)).add_(b.bmm(x));
        }
        return Tensors.to(tall ? x.transpose(1, 2).contiguous() : x, DType.F32);
    }

    private static Scalar scalar(double v) {
        return new Scalar(v);
    }

    /** Steps taken. */
    public long steps() {
        return step;
    }

    /** State for a checkpoint: moments by name. */
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put("optimizer.first", first);
        state.put("optimizer.second", second);
        return state;
    }

    /** Continues from a checkpoint's state. */
    public void restore(Map<String, Tensor> state, long steps) {
        try (Scope scope = Scope.inference()) {
            first.copy_(Objects.requireNonNull(state.get("optimizer.first")));
            second.copy_(Objects.requireNonNull(state.get("optimizer.second")));
        }
        step = steps;
    }

    @Override
    public void close() {
        first.close();
        second.close();
        rate.close();
        decay.close();
    }
}
