//! The proof that no test of the suite is vacuous: each fails on an engine with a fitting defect.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::thread;

use poll_conformance::scripted::{Full, Kind, Plain, Sabotage, ScriptedFixture};
use poll_conformance::{Report, cases, run_only};

#[test]
fn each_defect_of_the_full_engine_is_found() {
    find_all::<Full>(ON_FULL);
}

#[test]
fn each_defect_of_the_plain_engine_is_found() {
    find_all::<Plain>(ON_PLAIN);
}

#[test]
fn each_test_of_the_suite_finds_a_defect() {
    let tables = ON_FULL.iter().chain(ON_PLAIN);
    let proven: BTreeSet<&str> = tables
        .flat_map(|(_, names)| names.iter().copied())
        .collect();
    let cases = cases::<ScriptedFixture<Full>>();
    let all: BTreeSet<&str> = cases.iter().map(|case| case.name()).collect();
    assert_eq!(all.len(), cases.len(), "two tests have the same name");
    let unproven: Vec<_> = all.difference(&proven).copied().collect();
    assert!(unproven.is_empty(), "no defect for {unproven:?}");
    assert!(
        proven.is_subset(&all),
        "a test of the tables does not exist"
    );
}

/// Runs the tests beside each defect; all of them must fail.
fn find_all<K: Kind>(table: &[(Sabotage, &[&str])]) {
    // Many of them wait for their watchdog, so that several at a time are quicker.
    const THREADS: usize = 8;
    let missed: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || find::<K>(table.iter().skip(first).step_by(THREADS))))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

/// Runs the tests beside each defect; returns where not all of them failed.
fn find<'a, K: Kind>(
    defects: impl Iterator<Item = &'a (Sabotage, &'a [&'a str])>,
) -> Vec<(Sabotage, Report)> {
    let reports = defects.map(|(sabotage, names)| {
        let fixture = ScriptedFixture::<K>::sabotaged(*sabotage);
        let report = run_only(fixture, |case| names.contains(&case.name()));
        (*sabotage, report, names.len())
    });
    reports
        .filter(|(_, report, expected)| report.failed.len() != *expected)
        .map(|(sabotage, report, _)| (sabotage, report))
        .collect()
}

/// Defects of the engine that can do everything, and tests that find each.
const ON_FULL: &[(Sabotage, &[&str])] = &[
    (
        Sabotage::DroppingAWakerLosesItsWake,
        &["a_wake_before_the_waker_was_dropped_is_not_lost"],
    ),
    (
        Sabotage::WakeDoesNotEndThePresentWait,
        &[
            "wake_from_another_thread_ends_the_present_wait",
            "a_wake_of_the_inner_poller_ends_the_wait_of_the_outer_one",
        ],
    ),
    (
        Sabotage::WakeIsForgottenWhenNobodyWaits,
        &[
            "a_wait_returns_when_a_waker_was_used",
            "clear_forgets_the_reports",
            "wake_before_a_wait_ends_the_next_one",
            "wake_between_reports_is_never_lost",
            "what_a_thread_wrote_before_wake_is_visible_after_the_wait",
            "a_clone_wakes_after_the_others_were_dropped",
        ],
    ),
    (
        Sabotage::WakesDoNotMerge,
        &[
            "a_storm_of_wakes_merges_and_is_followed_by_silence",
            "wakers_with_the_same_token_merge",
            "wakes_between_two_waits_merge_into_one_report_for_each_token",
        ],
    ),
    (
        Sabotage::WakersShareOneToken,
        &[
            "a_new_waker_made_on_another_thread_ends_the_present_wait",
            "deregistering_while_another_thread_waits_does_not_end_that_wait",
            "dropping_while_another_thread_waits_shows_the_peer_the_end_at_once",
            "several_wakers_report_each_its_own_token",
            "wake_is_a_readable_report_for_the_wakers_token",
        ],
    ),
    (
        Sabotage::WakeReachesAllPollers,
        &[
            "a_deregistered_inner_poller_is_silent",
            "every_wake_of_the_inner_poller_is_seen_by_the_sleeping_outer_one",
        ],
    ),
    (
        Sabotage::WakeOfADroppedPollerFails,
        &[
            "waking_a_poller_that_was_dropped_does_nothing_and_is_not_an_error",
            "waking_while_the_poller_is_dropped_is_not_an_error",
        ],
    ),
    (
        Sabotage::WakersNeedRoomInTheBuffer,
        &["reports_of_wakers_have_room_of_their_own"],
    ),
    (
        Sabotage::WakersAreLimited,
        &["wakers_come_and_go_without_end"],
    ),
    (
        Sabotage::WakesHideSources,
        &[
            "a_source_that_was_ready_before_is_reported_by_the_outer_poller",
            "a_wait_reports_sources_and_wakers_together",
            "a_wake_ends_only_the_waits_of_its_own_poller",
        ],
    ),
    (
        Sabotage::WaitReturnsEarly,
        &[
            "a_report_leaves_nothing_of_the_timeout_for_the_next_wait",
            "a_signal_does_not_end_a_wait",
        ],
    ),
    (
        Sabotage::ShortTimeoutsAreZero,
        &[
            "a_timeout_above_zero_is_never_treated_as_zero",
            "a_wait_without_reports_never_returns_before_its_timeout_has_passed",
        ],
    ),
    (
        Sabotage::LongTimeoutsWrap,
        &[
            "a_long_timeout_does_not_overflow_and_is_ended_by_a_wake",
            "a_long_timeout_is_ended_by_a_source",
        ],
    ),
    (
        Sabotage::ZeroBlocks,
        &["a_timeout_of_zero_looks_and_does_not_block"],
    ),
    (
        Sabotage::NoTimeoutIsTenMilliseconds,
        &[
            "a_signal_does_not_end_a_wait_without_timeout",
            "no_timeout_waits_for_ever",
        ],
    ),
    (
        Sabotage::BufferIsNotCleared,
        &[
            "dropping_a_waker_alone_reports_nothing",
            "the_buffer_is_cleared_first",
        ],
    ),
    (
        Sabotage::ReportsThatDoNotFitAreLost,
        &[
            "a_buffer_of_capacity_zero_counts_as_one",
            "a_buffer_smaller_than_the_number_of_ready_sources_loses_nothing",
        ],
    ),
    (
        Sabotage::FirstSourcesStarveTheOthers,
        &["a_level_source_in_a_small_buffer_does_not_starve_the_others"],
    ),
    (
        Sabotage::OneReportForEachWait,
        &[
            "a_wait_reports_everything_that_fits_into_the_buffer",
            "two_sources_may_share_a_token",
        ],
    ),
    (
        Sabotage::EmptyWaitIsAnError,
        &[
            "a_wait_returns_when_its_timeout_has_passed",
            "a_wait_that_has_nothing_to_report_returns_with_an_empty_buffer",
        ],
    ),
    (
        Sabotage::InterruptionEndsTheWait,
        &[
            "a_storm_of_signals_loses_no_wake",
            "stopping_and_continuing_the_process_is_the_same",
            "a_signal_does_not_end_a_wait",
            "a_signal_does_not_end_a_wait_without_timeout",
        ],
    ),
    (
        Sabotage::InterruptionRestartsTheTimeout,
        &["a_wait_goes_on_with_the_time_that_remains"],
    ),
    (
        Sabotage::InterruptionLosesReports,
        &["a_storm_of_signals_loses_no_report"],
    ),
    (
        Sabotage::EdgeRepeats,
        &[
            "edge_is_native_or_waits_for_rearm",
            "edge_reports_a_change_once",
            "sources_with_different_triggers_do_not_disturb_each_other",
        ],
    ),
    (
        Sabotage::EdgeReportsOnlyOnce,
        &[
            "a_registered_source_asks_for_its_next_edge",
            "a_storm_of_wakes_does_not_starve_the_sources",
            "edge_reports_room_again_after_the_peer_made_some",
            "edge_reports_the_next_change_again",
            "rearming_while_another_thread_waits_is_seen_by_that_wait",
        ],
    ),
    (
        Sabotage::LevelReportsOnce,
        &[
            "level_is_silent_when_the_source_is_drained",
            "level_reports_as_long_as_the_source_is_ready",
            "level_reports_room_again_after_the_peer_made_some",
            "the_buffer_is_cleared_first",
        ],
    ),
    (
        Sabotage::OneshotRepeats,
        &["oneshot_reports_once_and_is_silent_until_modified"],
    ),
    (
        Sabotage::OneshotReportsHangUps,
        &[
            "a_hang_up_that_is_the_only_interest_is_reported_and_can_be_silenced",
            "after_each_terminal_state_a_drained_source_is_quiet",
            "oneshot_is_silent_about_hang_ups_until_modified",
        ],
    ),
    (
        Sabotage::ModifyReportsNothing,
        &[
            "an_operation_on_the_source_has_the_last_word",
            "modify_of_a_source_that_is_not_ready_reports_nothing",
        ],
    ),
    (
        Sabotage::ModifyKeepsTheToken,
        &[
            "modify_replaces_the_token",
            "one_source_may_be_registered_with_several_pollers",
            "when_modify_returns_on_another_thread_it_holds",
        ],
    ),
    (
        Sabotage::ModifyKeepsTheTrigger,
        &["modify_replaces_the_trigger"],
    ),
    (
        Sabotage::ModifyKeepsTheInterest,
        &[
            "an_interest_in_one_direction_hides_the_other",
            "modify_replaces_the_interest",
            "modifying_a_registered_source_replaces_its_interest_and_trigger",
            "when_modify_returns_it_holds",
        ],
    ),
    (
        Sabotage::RegisterWaitsForTheNextChange,
        &[
            "a_registering_half_may_outlive_its_poller",
            "after_deregister_the_source_can_be_registered_again",
            "registering_while_another_thread_waits_is_seen_by_that_wait",
            "room_is_reported_as_writable_and_nothing_else",
            "when_register_returns_it_holds",
        ],
    ),
    (
        Sabotage::RegisterIsNotSeenByThePresentWait,
        &["registering_while_another_thread_waits_is_seen_by_that_wait"],
    ),
    (
        Sabotage::InterestIsIgnored,
        &[
            "a_wait_returns_when_a_registered_source_becomes_ready_during_it",
            "a_wait_returns_when_a_registered_source_is_ready",
            "a_wait_that_has_nothing_to_report_returns_with_an_empty_buffer",
        ],
    ),
    (
        Sabotage::DataIsAlsoHangUp,
        &[
            "data_is_reported_as_readable_and_nothing_else",
            "modify_reports_the_present_readiness_again_for_each_trigger",
            "registering_reports_the_present_readiness_for_each_trigger",
            "the_end_of_our_own_half_leaves_reading_as_it_was",
        ],
    ),
    (
        Sabotage::HalfCloseIsHangUp,
        &["the_end_of_the_peers_half_is_read_closed_and_no_hang_up"],
    ),
    (
        Sabotage::HangUpOnlyWhereAskedFor,
        &["the_end_of_both_halves_is_a_hang_up"],
    ),
    (
        Sabotage::HangUpIsNotReported,
        &[
            "a_hang_up_is_reported_whatever_the_interest_is",
            "the_end_of_both_halves_is_a_hang_up",
            "a_hang_up_that_is_the_only_interest_is_reported_and_can_be_silenced",
        ],
    ),
    (
        Sabotage::EndOfPeerIsNotReported,
        &["data_before_the_end_of_the_peers_half_is_reported_and_readable"],
    ),
    (
        Sabotage::ErrorsAreNotReported,
        &[
            "a_refused_connect_is_reported_as_an_error_to_the_writer",
            "a_reset_with_unread_data_is_reported_as_an_error",
            "an_error_is_reported_whatever_the_interest_is",
        ],
    ),
    (
        Sabotage::EndsAreReportedForEver,
        &[
            "oneshot_is_silent_about_hang_ups_until_modified",
            "after_each_terminal_state_a_drained_source_is_quiet",
        ],
    ),
    (Sabotage::FullIsWritable, &["a_full_source_is_not_writable"]),
    (
        Sabotage::SendersAreReadable,
        &["a_datagram_is_readable_and_sending_one_is_silent"],
    ),
    (
        Sabotage::ListenersAreSilent,
        &["a_waiting_connection_makes_a_listener_readable"],
    ),
    (
        Sabotage::PriorityIsNotReported,
        &["an_urgent_byte_is_reported_as_priority"],
    ),
    (
        Sabotage::PriorityWithoutBeingAsked,
        &["an_urgent_byte_that_nobody_asked_for_is_not_priority"],
    ),
    (
        Sabotage::TokensAreThirtyTwoBits,
        &[
            "a_source_and_a_waker_may_share_a_token",
            "all_values_are_returned_as_they_were_given_by_modify",
            "all_values_are_returned_as_they_were_given_for_sources",
            "all_values_are_returned_as_they_were_given_for_wakers",
        ],
    ),
    (
        Sabotage::TheLastTokenIsReserved,
        &["a_source_and_a_waker_may_share_a_token"],
    ),
    (
        Sabotage::DeregisterLeavesTheQueuedReport,
        &[
            "after_deregister_a_later_wait_does_not_report_the_source",
            "dropping_a_registered_source_takes_its_queued_report_along",
            "when_deregister_returns_on_another_thread_a_queued_report_is_gone",
            "when_register_returns_on_another_thread_it_holds",
        ],
    ),
    (
        Sabotage::DeregisterLeavesDuplicatesWatched,
        &[
            "a_duplicate_has_a_registration_of_its_own",
            "a_duplicate_of_a_deregistered_source_reports_nothing",
            "dropping_a_registered_source_deregisters_it_although_a_duplicate_lives",
        ],
    ),
    (
        Sabotage::DeregisterAlwaysSucceeds,
        &[
            "a_clone_of_the_registering_half_is_the_same",
            "deregistering_what_is_not_registered_is_always_refused",
        ],
    ),
    (
        Sabotage::RegisterTwiceReplaces,
        &[
            "oneshot_stays_registered_after_its_report",
            "registering_twice_is_refused_or_replaces",
        ],
    ),
    (
        Sabotage::ModifyRegisters,
        &[
            "modifying_what_is_not_registered_is_refused_or_registers",
            "tracks_registrations_refuses_or_replaces",
        ],
    ),
    (
        Sabotage::RefusedRegisterReplaces,
        &[
            "a_failed_call_changes_nothing",
            "registering_twice_is_refused_or_replaces",
        ],
    ),
    (
        Sabotage::UnwatchableIsAccepted,
        &[
            "a_registration_that_fails_hands_the_source_back",
            "a_source_that_cannot_be_watched_is_refused_and_the_others_go_on",
        ],
    ),
    (
        Sabotage::UnknownInterestIsIgnored,
        &["an_interest_that_cannot_be_watched_is_refused_and_never_ignored"],
    ),
    (
        Sabotage::ClosedSourcesGoOnReporting,
        &[
            "a_dropped_inner_poller_is_silent",
            "a_successor_of_a_closed_source_gets_no_report_of_it",
            "dropping_a_registered_source_after_its_poller_does_no_harm",
            "dropping_a_registered_source_shows_its_peer_the_end_at_once",
            "pins_source_keeps_it_open_or_lets_it_close",
            "the_disappearance_of_the_peer_is_reported",
        ],
    ),
    (
        Sabotage::InnerWakeDoesNotReachTheOuter,
        &[
            "a_wake_of_the_inner_poller_before_the_wait_of_the_outer_one_is_not_lost",
            "nestable_pollers_can_be_registered_and_others_cannot",
        ],
    ),
    (
        Sabotage::InnerSourceDoesNotReachTheOuter,
        &["edge_reports_the_inner_poller_once_for_each_change"],
    ),
    (
        Sabotage::InnerStaysReady,
        &[
            "a_registration_with_the_inner_poller_reaches_the_outer_one",
            "a_source_of_the_inner_poller_ends_the_wait_of_the_outer_one",
            "a_wake_of_the_inner_poller_ends_the_wait_of_the_outer_one",
            "level_reports_the_inner_poller_until_it_was_waited_on",
        ],
    ),
    (
        Sabotage::OtherRegistrationsLoseReports,
        &["registering_and_dropping_loses_no_report_of_other_sources"],
    ),
];

/// Defects that show on the engine that can do little.
const ON_PLAIN: &[(Sabotage, &[&str])] = &[
    (
        Sabotage::ShortTimeoutsAreZero,
        &["nanosecond_waits_are_not_rounded_up_to_milliseconds"],
    ),
    (
        Sabotage::DeregisterLeavesDuplicatesWatched,
        &[
            "deregistering_hands_the_source_back",
            "when_deregister_returns_it_holds",
        ],
    ),
    (
        Sabotage::UnknownInterestIsIgnored,
        &["priority_can_be_watched_or_is_refused"],
    ),
    (
        Sabotage::DropOfASourceWaitsForItsPoller,
        &["dropping_a_registered_source_shows_its_peer_the_end_at_once"],
    ),
];
