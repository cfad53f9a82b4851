package dev.fovea.spark;

import dev.fovea.core.AskOptions;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.ContinuousBatch.Ticket;
import dev.fovea.core.QueueFullException;
import dev.fovea.core.SharedModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.message.Reason;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.text.ChatMessage;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a task with their answers, in order. A few prompts ahead of the one that is waited for are in the model's
 * batch already, beside those of the executor's other tasks; when the task ends, also by being killed, they are taken out.
 */
final class AskedRows implements Iterator<Row> {
    /** Prompts of one task in the batch. */
    private static final int AHEAD = 4;

    private final SharedModel model;
    private final AskOptions options;
    private final @Nullable String question;
    private final int questions;
    private final PictureColumn pictures;
    private final Iterator<Row> rows;
    private final PictureReader reader = new PictureReader();
    private final Deque<Asked> asked = new ArrayDeque<>();

    /** A row whose prompt was handed in, or could not be. */
    private record Asked(
            Row row, @Nullable Ticket ticket, @Nullable String error) {}

    /** @param questions place of the column of questions, if there is not one for all */
    AskedRows(FoveaSpark how, @Nullable String question, int questions, PictureColumn pictures, Iterator<Row> rows) {
        this.model = ExecutorModels.forAsking(how);
        this.options = how.wishes().options(how.maxTokens());
        this.question = question;
        this.questions = questions;
        this.pictures = pictures;
        this.rows = rows;
        ExecutorModels.atTaskEnd(this::giveUp);
        model.model().plan(how.techniques(), options.budget(), 1);
    }

    /** Takes out what nobody waits for any more. */
    private void giveUp() {
        for (Asked one : asked) {
            if (one.ticket() != null) {
                one.ticket().cancel();
            }
        }
    }

    @Override
    public boolean hasNext() {
        return !asked.isEmpty() || rows.hasNext();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        while (asked.size() < AHEAD && rows.hasNext()) {
            asked.add(ask(rows.next()));
        }
        return answered(asked.remove());
    }

    private Asked ask(Row row) {
        try {
            ChatMessage words = ChatMessage.of("user", 1, questionOf(row));
            return new Asked(row, submit(words, row), null);
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            return new Asked(row, null, Reason.of(e));
        }
    }

    private Ticket submit(ChatMessage words, Row row) {
        List<RgbImage> shown = List.of(pictures.read(row, reader));
        while (true) {
            try {
                return model.submit(List.of(words), shown, options);
            } catch (QueueFullException e) {
                // Other tasks of this executor asked first: their answers make room.
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("The task was interrupted.");
        }
    }

    private String questionOf(Row row) {
        if (question != null) {
            return question;
        }
        if (row.isNullAt(questions) || row.getString(questions).isBlank()) {
            throw new IllegalArgumentException("The row has no question");
        }
        return row.getString(questions);
    }

    private static Row answered(Asked one) {
        Ticket ticket = one.ticket();
        if (ticket == null) {
            return failed(one.row(), one.error());
        }
        try {
            BatchAnswer answer = SharedModel.await(ticket);
            Ledger ledger = answer.answer().ledger();
            return Columns.append(
                    one.row(),
                    Arrays.asList(
                            answer.answer().text(),
                            ledger.plainTotal(),
                            ledger.kept(),
                            answer.answer().tokens().size(),
                            null));
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            return failed(one.row(), Reason.of(e));
        }
    }

    private static Row failed(Row row, @Nullable String why) {
        return Columns.append(row, Arrays.asList(null, null, null, null, why));
    }
}
