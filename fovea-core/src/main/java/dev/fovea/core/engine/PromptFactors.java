package dev.fovea.core.engine;

import dev.fovea.core.adapt.Addition;
import dev.fovea.core.adapt.Additions;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.model.language.Beside;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderLayer;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Products of low rank that stand beside the weights of the language model for one prompt: what its pictures make of them
 * ({@link dev.fovea.core.path.Decision.Adapt} at the connector). They are applied as factors, so that prompts with others,
 * or with none, go through the model in one batch.
 */
final class PromptFactors implements AutoCloseable {
    private static final Pattern NAME =
            Pattern.compile("text\\.layers\\.([0-9]{1,4})\\.(?:self_attn\\.([qkvo])_proj\\.weight|mlp)");

    /** Where in the language model something stands. */
    private record Site(int layer, Beside.Place place) {}

    /** {@code up(down(x))}, of as many columns as the ranks of all that was added together. */
    private record Product(Linear down, Linear up) {
        Tensor of(Tensor x) {
            return up.forward(down.forward(x));
        }
    }

    private final Map<Site, Product> products;
    private final List<OwnedTensor> owned;

    private PromptFactors(Map<Site, Product> products, List<OwnedTensor> owned) {
        this.products = products;
        this.owned = owned;
    }

    /**
     * What the pictures of a prompt add, each its own; null if that is nothing. Made of the given tensors, and in the graph
     * with them.
     *
     * @throws IllegalArgumentException with one sentence if something does not fit the model
     */
    static @Nullable PromptFactors of(List<Additions> ofPictures, Decoder decoder) {
        Map<Site, List<Addition.LowRank>> bySite = new LinkedHashMap<>();
        for (Additions additions : ofPictures) {
            additions
                    .byName()
                    .forEach((name, addition) -> bySite.computeIfAbsent(site(name, decoder), fresh -> new ArrayList<>())
                            .add(fitting(name, addition, decoder)));
        }
        Map<Site, Product> products = new HashMap<>();
        bySite.forEach((site, all) -> products.put(site, product(all, decoder, site.layer)));
        return products.isEmpty() ? null : new PromptFactors(products, List.of());
    }

    private static Site site(String name, Decoder decoder) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("A plan adds to '" + name + "' for one prompt, beside whose weights only"
                    + " q_proj, k_proj, v_proj, o_proj and the mlp of a layer of the language model may be added to; for"
                    + " all prompts it can be done at the station weights.");
        }
        int layer = Integer.parseInt(matcher.group(1));
        if (layer >= decoder.layers().size()) {
            throw new IllegalArgumentException("A plan changes the weights of '" + name
                    + "', which this model does not have; it was made for another one.");
        }
        String projection = matcher.group(2);
        return new Site(layer, projection == null ? Beside.Place.MLP : place(projection));
    }

    private static Beside.Place place(String projection) {
        return switch (projection) {
            case "q" -> Beside.Place.QUERY;
            case "k" -> Beside.Place.KEY;
            case "v" -> Beside.Place.VALUE;
            default -> Beside.Place.OUT;
        };
    }

    private static Addition.LowRank fitting(String name, Addition addition, Decoder decoder) {
        if (!(addition instanceof Addition.LowRank low)) {
            throw new IllegalArgumentException("A plan adds a difference in full to '" + name
                    + "' for one prompt, where only products of low rank can stand beside the weights.");
        }
        long[] shape = shape(site(name, decoder), decoder);
        boolean fits = low.up().dim() == 2
                && low.down().dim() == 2
                && low.up().size(0) == shape[0]
                && low.down().size(1) == shape[1]
                && low.up().size(1) == low.down().size(0);
        if (!fits) {
            throw new IllegalArgumentException("A plan adds factors of shapes "
                    + Arrays.toString(Tensors.shape(low.up())) + " and " + Arrays.toString(Tensors.shape(low.down()))
                    + " to '" + name + "', which has shape " + Arrays.toString(shape) + " in this model.");
        }
        return low;
    }

    /** Outputs and inputs of what stands there. */
    private static long[] shape(Site site, Decoder decoder) {
        SelfAttention attention = decoder.layers().get(site.layer).attention();
        Linear map = switch (site.place) {
            case QUERY -> attention.query();
            case KEY -> attention.key();
            case VALUE -> attention.value();
            case OUT -> attention.out();
            case MLP -> null;
        };
        long width = decoder.options().width();
        return map == null ? new long[] {width, width} : new long[] {map.outputs(), map.inputs()};
    }

    private static Product product(List<Addition.LowRank> all, Decoder decoder, int layer) {
        DecoderLayer at = decoder.layers().get(layer);
        DType products = at.attention().query().products();
        Tensor[] downs =
                all.stream().map(low -> Tensors.to(low.down(), decoder.dtype())).toArray(Tensor[]::new);
        Tensor[] ups = all.stream()
                .map(low -> low.scale() == 1 ? low.up() : Tensors.scale(low.up(), low.scale()))
                .map(up -> Tensors.to(up, decoder.dtype()))
                .toArray(Tensor[]::new);
        return new Product(
                new Linear(Tensors.cat(0, downs), null, products), new Linear(Tensors.cat(1, ups), null, products));
    }

    /** Copies that outlive every scope, until they are closed. */
    PromptFactors kept() {
        List<OwnedTensor> copies = new ArrayList<>();
        Map<Site, Product> same = new HashMap<>();
        products.forEach((site, p) -> same.put(site, new Product(kept(p.down, copies), kept(p.up, copies))));
        return new PromptFactors(same, copies);
    }

    private static Linear kept(Linear map, List<OwnedTensor> copies) {
        Tensor given = map.weight();
        OwnedTensor copy = OwnedTensor.of(given.is_contiguous() ? given.clone() : given.contiguous());
        copies.add(copy);
        return new Linear(copy.get(), null, map.products());
    }

    /** Whether anything is added in a layer. */
    boolean in(int layer) {
        return products.keySet().stream().anyMatch(site -> site.layer == layer);
    }

    /** The outputs of a map over tokens of the prompt, with what is added to them. */
    Tensor onto(int layer, Beside.Place place, Tensor output, Tensor input) {
        Product product = products.get(new Site(layer, place));
        return product == null ? output : output.add(product.of(input));
    }

    /** Native memory that copies take. */
    long bytes() {
        return owned.stream()
                .mapToLong(t -> t.get().numel() * t.get().element_size())
                .sum();
    }

    @Override
    public void close() {
        owned.forEach(OwnedTensor::close);
    }
}
