using System.Security.Claims;
using Detection.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Components.Authorization;

namespace Detection.Moderation.Dashboard;

/// <summary>Who looks at this page: as signed in when it was opened, as allowed now. One for each circuit.</summary>
internal sealed class PageUser(AuthenticationStateProvider state, Access access)
{
    /// <summary>Null where nobody needs to sign in.</summary>
    public async Task<string?> NameAsync() => access.IsConfigured ? (await UserAsync()).Identity?.Name : null;

    public async Task<bool> MayLookAsync() => await UserAsync() is var user && access.IsCurrent(user) && access.May(user, Scopes.Read);

    /// <summary>Whether to offer decisions at all; <see cref="ModeratorAsync"/> is what guards them.</summary>
    public async Task<bool> MayDecideAsync() => access.May(await UserAsync(), Scopes.Decide);

    /// <exception cref="FieldException">Who looks may not decide, or not any more.</exception>
    public async Task<string> ModeratorAsync()
    {
        var user = await UserAsync();
        if (!access.IsCurrent(user)) throw new FieldException("moderator", "is signed out; sign in again", StatusCodes.Status401Unauthorized);
        if (!access.May(user, Scopes.Decide)) throw new FieldException("moderator", "may look, but not decide: the account lacks the scope decide", StatusCodes.Status403Forbidden);
        return DecisionDesk.ModeratorOf(user);
    }

    private async Task<ClaimsPrincipal> UserAsync() => (await state.GetAuthenticationStateAsync()).User;
}
