package dev.fovea.core.model;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a checkpoint under canonical names. A tensor that already has the working type stays in the mapped
 * file; any other is converted once.
 */
public final class MappedWeights implements Weights {
    private final Checkpoint checkpoint;
    private final Map<String, String> inFile;
    private final String prefix;
    private final DType dtype;

    /** What was taken or had to be converted, by name, shape and type, so that a model that is made twice shares it. */
    private final Map<String, Tensor> taken;

    private final @Nullable DType products;

    private MappedWeights(
            Checkpoint checkpoint,
            Map<String, String> inFile,
            String prefix,
            DType dtype,
            Map<String, Tensor> taken,
            @Nullable DType products) {
        this.checkpoint = checkpoint;
        this.inFile = inFile;
        this.prefix = prefix;
        this.dtype = dtype;
        this.taken = taken;
        this.products = products;
    }

    /** A checkpoint whose names are canonical as they are. */
    public static MappedWeights of(Checkpoint checkpoint, DType dtype) {
        return of(checkpoint, dtype, List.of());
    }

    /**
     * A checkpoint whose names become canonical by these steps.
     *
     * @throws CheckpointException if two tensors get the same name
     */
    public static MappedWeights of(Checkpoint checkpoint, DType dtype, List<Rename> renames) {
        Map<String, String> inFile = new TreeMap<>();
        for (String name : checkpoint.names()) {
            String canonical = Rename.all(renames, name);
            String other = inFile.put(canonical, name);
            if (other != null) {
                throw new CheckpointException(checkpoint.path() + " holds both '" + other + "' and '" + name
                        + "', which are the same tensor under names of two generations; download it again");
            }
        }
        return new MappedWeights(checkpoint, inFile, "", dtype, new ConcurrentHashMap<>(), null);
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    /** The same for a network whose linear maps multiply in another type than they are kept in, or null. */
    public MappedWeights multiplyingIn(@Nullable DType type) {
        return new MappedWeights(checkpoint, inFile, prefix, dtype, taken, type);
    }

    @Override
    public @Nullable DType products() {
        return products;
    }

    @Override
    public MappedWeights under(String more) {
        return new MappedWeights(checkpoint, inFile, prefix + more, dtype, taken, products);
    }

    @Override
    public boolean contains(String name) {
        return inFile.containsKey(prefix + name);
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        Tensor stored = stored(name, shape);
        if (!stored.is_floating_point()) {
            TensorInfo info = info(name);
            throw new CheckpointException(
                    "Tensor '" + info.name() + "' in " + checkpoint.path() + " is " + info.describe()
                            + ", which are codes, not weights; take the checkpoint in 16 or 32 bits that they were made from");
        }
        return stored.scalar_type().intern() == dtype.scalarType()
                ? stored
                : taken.computeIfAbsent(key(name, shape) + dtype, n -> keep(Tensors.to(stored, dtype)));
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return taken.computeIfAbsent(key(name, shape), n -> keep(fleeting(name, shape)));
    }

    private String key(String name, long... shape) {
        return prefix + name + Arrays.toString(shape);
    }

    /** As {@link #stored}, but the open scope owns it: for weights that something else is made of. */
    public Tensor fleeting(String name, long... shape) {
        String canonical = prefix + name;
        String file = inFile.get(canonical);
        Checkpoint.Origin origin = checkpoint.origin();
        if (file == null) {
            throw new CheckpointException(
                    origin.home().apply(canonical) + " lacks tensor " + both(expected(canonical), canonical)
                            + ", which " + origin.description() + " asks for with shape " + Arrays.toString(shape)
                            + "; " + origin.remedy());
        }
        TensorInfo info = checkpoint.info(file);
        if (!Arrays.equals(withoutLeadingOnes(info.sizes(), shape.length), shape)) {
            throw new CheckpointException("Tensor " + both(info.name(), canonical) + " in "
                    + origin.home().apply(file) + " has shape " + Arrays.toString(info.sizes()) + ", but "
                    + origin.description() + " asks for " + Arrays.toString(shape) + "; " + origin.remedy());
        }
        Tensor tensor = checkpoint.tensor(file);
        return tensor.dim() == shape.length ? tensor : tensor.view(shape);
    }

    /**
     * What the checkpoint says of a tensor that {@linkplain #contains is there}.
     *
     * @throws CheckpointException if it is not
     */
    public TensorInfo info(String name) {
        return checkpoint.info(inFile.getOrDefault(prefix + name, prefix + name));
    }

    /** Lets go of the pages of the file that a tensor takes in this process's memory; they can be read again. */
    public void forget(String name) {
        checkpoint.forget(inFile.getOrDefault(prefix + name, prefix + name));
    }

    /** The file that the weights are in, for messages. */
    public Path path() {
        return checkpoint.path();
    }

    /** Some checkpoints store vectors and tables as batches of one. */
    private static long[] withoutLeadingOnes(long[] sizes, int dims) {
        int more = sizes.length - dims;
        boolean ones = more > 0 && Arrays.stream(sizes, 0, more).allMatch(n -> n == 1);
        return ones ? Arrays.copyOfRange(sizes, more, sizes.length) : sizes;
    }

    private static String both(@Nullable String file, String canonical) {
        return file == null || file.equals(canonical)
                ? "'" + canonical + "'"
                : "'" + file + "' ('" + canonical + "' here)";
    }

    /** What a missing tensor would be called in the file, told from the nearest tensor that is there. */
    private @Nullable String expected(String canonical) {
        String best = null;
        String nearest = null;
        int longest = -1;
        for (Map.Entry<String, String> entry : inFile.entrySet()) {
            int common = common(entry.getKey(), canonical);
            if (common > longest && !entry.getKey().equals(entry.getValue())) {
                longest = common;
                nearest = entry.getKey();
                best = entry.getValue();
            }
        }
        if (best == null || nearest == null) {
            return null;
        }
        int shared = commonEnd(nearest, best);
        String ownStart = nearest.substring(0, nearest.length() - shared);
        return canonical.startsWith(ownStart)
                ? best.substring(0, best.length() - shared) + canonical.substring(ownStart.length())
                : null;
    }

    private static int common(String a, String b) {
        int n = Math.min(a.length(), b.length());
        int i = 0;
        while (i < n && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        return i;
    }

    private static int commonEnd(String a, String b) {
        int n = Math.min(a.length(), b.length());
        int i = 0;
        while (i < n && a.charAt(a.length() - 1 - i) == b.charAt(b.length() - 1 - i)) {
            i++;
        }
        return i;
    }

    @Override
    public Tensor keep(Tensor tensor) {
        return checkpoint.keep(tensor);
    }
}
