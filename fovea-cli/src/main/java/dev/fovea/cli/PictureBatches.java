package dev.fovea.cli;

import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Gathers the questions that a suite asks about one picture, so that they are answered together. */
final class PictureBatches implements AutoCloseable {
    private final Consumer<Batch> consumer;
    private final List<Item> gathered = new ArrayList<>();

    PictureBatches(Consumer<Batch> consumer) {
        this.consumer = consumer;
    }

    /**
     * Questions about one picture.
     *
     * @param items at least one
     */
    record Batch(List<Item> items) {
        Batch {
            items = List.copyOf(items);
        }

        /** What they are about. */
        RgbImage picture() {
            return items.getFirst().picture().open();
        }
    }

    /** Takes the next question of the suite; always true, for visitors. */
    boolean add(Item item) {
        if (!gathered.isEmpty()
                && !gathered.getLast().picture().key().equals(item.picture().key())) {
            flush();
        }
        gathered.add(item);
        return true;
    }

    private void flush() {
        if (!gathered.isEmpty()) {
            consumer.accept(new Batch(gathered));
            gathered.clear();
        }
    }

    /** The last picture's questions. */
    @Override
    public void close() {
        flush();
    }
}
